import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import { registryApiVersion } from '../registry/containerRegistry';
import type { AzureSession } from '../http/session';
import { Secret } from '../../secret';

/** A user that may pull from a registry. */
export interface RegistryUser {
  readonly username: string;
  readonly password: Secret;
}

/**
 * The registry's admin user.
 * @param id ARM id of the registry
 * @throws TaskFailure if it is switched off
 */
export async function adminUser(session: AzureSession, id: string, signal: AbortSignal): Promise<RegistryUser> {
  interface Credentials {
    username?: string;
    passwords?: Array<{ value: string }>;
  }
  const remedy =
    'Switch it on (az acr update --admin-enabled true), or choose registryAuthentication managedIdentity, which needs no secret.';
  try {
    const { body } = await session.request<Credentials>({
      method: 'POST',
      url: `${id}/listCredentials`,
      apiVersion: registryApiVersion,
      repeatable: true,
      shape: 'object',
      signal,
    });
    const password = body.passwords?.[0]?.value;
    if (body.username && password) return { username: body.username, password: new Secret(password) };
    throw new TaskFailure(`The registry ${id} gives no password of its admin user.`, remedy);
  } catch (error) {
    if (
      !isAzureFailure(error) ||
      !/UserDisabled|AdminUserDisabled|admin user/i.test(`${error.code} ${error.serviceMessage}`)
    )
      throw error;
    throw new TaskFailure(`The admin user of the registry ${id} is switched off.`, remedy, { cause: error });
  }
}
