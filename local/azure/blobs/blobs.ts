import {
  BlobServiceClient,
  BlobSASPermissions,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { Blobs } from '../context';

/** The storage account of the local cloud: the port of its endpoint is for its users, that of Azurite for local Azure itself. */
export function openBlobs(
  account: string,
  accountKey: string,
  { port, azuritePort }: { port: number; azuritePort: number },
): Blobs {
  const credential = new StorageSharedKeyCredential(account, accountKey);
  // By address: this process needs neither DNS nor certificates of the local cloud for its own calls.
  const service = new BlobServiceClient(`http://127.0.0.1:${azuritePort}/${account}`, credential);
  // `.blob.core.` is what the Python SDK finds an account's name by.
  const accountUrl = `https://${account}.blob.core.localhost:${port}`;
  return {
    accountUrl,
    container: (name) => service.getContainerClient(name),
    sasUrl(container, { blob, permissions, expiresInMinutes = 480 }) {
      const now = Date.now();
      const sas = generateBlobSASQueryParameters(
        {
          containerName: container,
          blobName: blob,
          permissions: blob ? BlobSASPermissions.parse(permissions) : ContainerSASPermissions.parse(permissions),
          startsOn: new Date(now - 10 * 60_000),
          expiresOn: new Date(now + expiresInMinutes * 60_000),
          protocol: SASProtocol.HttpsAndHttp,
        },
        credential,
      ).toString();
      const path = blob ? `/${blob.split('/').map(encodeURIComponent).join('/')}` : '';
      return `${accountUrl}/${container}${path}?${sas}`;
    },
  };
}
