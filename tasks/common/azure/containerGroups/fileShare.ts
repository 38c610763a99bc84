import { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import type { AzureSession } from '../http/session';
import { azCommand } from '../rights/azCommand';

const apiVersion = '2023-01-01';

/** A share of Azure Files that a group mounts: container instances can do so only by the account's key. */
export interface FileShare {
  readonly account: string;
  readonly share: string;
  readonly accountKey: Secret;
}

/**
 * Looks a share up, with its account's key.
 * @param wanted the account and the share, as account/share; the account lies in the resource group
 * @throws TaskFailure if there is no such account or share
 */
export async function fileShare(
  session: AzureSession,
  resourceGroup: string,
  wanted: string,
  signal: AbortSignal,
): Promise<FileShare> {
  const [account = '', share = ''] = wanted.split('/');
  const url = `/subscriptions/${session.connection.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`;
  try {
    const [{ body }] = await Promise.all([
      session.request<{ keys: Array<{ value: string }> }>({
        method: 'POST',
        url: `${url}/listKeys`,
        repeatable: true,
        shape: { keys: 'list' },
        apiVersion,
        signal,
      }),
      session.request({ url: `${url}/fileServices/default/shares/${share}`, apiVersion, signal }),
    ]);
    return { account, share, accountKey: new Secret(body.keys[0]!.value) };
  } catch (error) {
    if (!isAzureFailure(error, 404)) throw error;
    const command = azCommand`storage share-rm create --storage-account ${account} --name ${share}`;
    throw new TaskFailure(
      `There is no file share ${share} in a storage account ${account} of the resource group ${resourceGroup}.`,
      command ? `Create it: ${command}.` : 'Create it, or correct the input certificateShare.',
      { cause: error },
    );
  }
}
