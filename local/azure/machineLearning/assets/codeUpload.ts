import { randomUUID } from 'node:crypto';
import { localCloud, type Blobs } from '../../context';
import { invalid } from '../mlError';
import type { AssetStore } from './assetStore';

export interface UploadRequest {
  pendingUploadId?: string;
  pendingUploadType?: string;
}

/** Where the files of a version of code that is not there yet may be written. */
export async function startCodeUpload(
  blobs: Blobs,
  codes: AssetStore,
  name: string,
  version: string,
  asked: UploadRequest | undefined,
) {
  if (codes.version(name, version)) throw invalid(`Code ${name} version ${version} already exists.`);
  // A container of its own for each upload, as the service does: its SAS opens nothing else.
  const container = `${localCloud.workspaceId.slice(0, 8)}-${randomUUID()}`;
  await blobs.container(container).create();
  return {
    pendingUploadId: asked?.pendingUploadId ?? randomUUID(),
    pendingUploadType: asked?.pendingUploadType ?? 'None',
    blobReferenceForConsumption: {
      blobUri: `${blobs.accountUrl}/${container}`,
      storageAccountArmId:
        `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}` +
        `/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`,
      credential: { credentialType: 'SAS', sasUri: blobs.sasUrl(container, { permissions: 'racwl' }) },
    },
  };
}
