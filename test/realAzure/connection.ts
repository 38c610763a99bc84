import { ClientSecretCredential, type TokenCredential } from '@azure/identity';
import type { Account, Cloud } from './cloud';
import type { Connection } from './world';

const names = ['MLOPS_CONNECTION_CLIENT_ID', 'MLOPS_CONNECTION_CLIENT_SECRET', 'MLOPS_CONNECTION_OBJECT_ID'] as const;

/**
 * The service principal that stands for a service connection with the documented roles and no others; undefined where none is
 * named. Only one that has no role yet proves anything.
 */
export function readConnection(
  cloud: Cloud,
  account: Account,
  environment = process.env,
): (Connection & { credential: TokenCredential }) | undefined {
  const [clientId, clientSecret, objectId] = names.map((name) => environment[name]);
  if (!clientId && !clientSecret && !objectId) return undefined;
  if (!clientId || !clientSecret || !objectId) throw new Error(`Give all three or none: ${names.join(', ')}.`);
  const credential = new ClientSecretCredential(account.tenantId, clientId, clientSecret, {
    authorityHost: cloud.authorityUrl,
    disableInstanceDiscovery: !/\.microsoftonline\.|\.chinacloudapi\./.test(cloud.authorityUrl),
  });
  return { clientId, clientSecret, objectId, credential };
}
