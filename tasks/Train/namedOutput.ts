import { isAzureFailure } from '../common/azure/http/azureFailure';
import type { BlobTransfer } from '../common/azure/storage/blobTransfer';
import { listBlobs, openDatastore, OtherStorage } from '../common/azure/storage/datastoreContainer';
import type { Workspace } from '../common/azure/ml/workspace';

/**
 * Lists the files of a job's named output, by their path within it.
 * @param uri azureml://[subscriptions/…/]datastores/{datastore}/paths/{path}
 * @returns undefined where they cannot be listed: another kind of storage, or no permission
 */
export async function listNamedOutput(
  workspace: Workspace,
  transfer: BlobTransfer,
  uri: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const [, datastore, path = ''] = /^azureml:\/\/(?:.*\/)?datastores\/([^/]+)\/paths\/(.*)$/i.exec(uri) ?? [];
  if (!datastore) return undefined;
  try {
    const container = await openDatastore(workspace, datastore, signal);
    const blobs = await listBlobs(transfer, container, path, signal);
    return blobs.map(({ name }) => name.slice(path.length).replace(/^\//, ''));
  } catch (error) {
    if (error instanceof OtherStorage || isAzureFailure(error, 401, 403)) return undefined;
    throw error;
  }
}
