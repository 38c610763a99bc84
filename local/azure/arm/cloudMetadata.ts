import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../context';

/** How a client that knows only the resource manager finds the rest of a cloud (`az cloud register`, azure-ai-ml). */
export function registerCloudMetadata(app: FastifyInstance, context: LocalAzureContext): void {
  const storage = new URL(context.blobs.accountUrl).host.slice(`${localCloud.storageAccount}.blob.`.length);
  const metadata = {
    name: 'LocalAzure',
    portal: context.url,
    authentication: {
      loginEndpoint: context.url,
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: localCloud.tenantId,
      identityProvider: 'AAD',
    },
    resourceManager: `${context.url}/`,
    suffixes: { storage, acrLoginServer: 'azurecr.localhost' },
  };
  app.get('/metadata/endpoints', async () => [metadata]);
}
