import type { TokenCredential } from '@azure/core-auth';
import type { Cloud } from './cloud';

/** A token for the cloud's resource manager. */
export async function tokenOf(cloud: Cloud, credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(`${cloud.audience}/.default`);
  if (token) return token.token;
  throw new Error('Nobody is signed in: `az login`, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.');
}
