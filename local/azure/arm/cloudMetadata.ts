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
    microsoftGraphResourceId: 'https://graph.microsoft.com/',
    suffixes: { storage, acrLoginServer: 'azurecr.localhost' },
  };
  // Up to 2019-05-01 a list of clouds, since then the one that was asked: `az cloud register` reads an object.
  app.get<{ Querystring: { 'api-version'?: string } }>('/metadata/endpoints', async (request) =>
    (request.query['api-version'] ?? '') > '2019-05-01' ? metadata : [metadata],
  );
}
