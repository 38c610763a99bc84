import type { ServiceConnection } from '../../tasks/common/azure/http/serviceConnection';

/** A whole service connection of a managed identity: it holds no secret. */
export const serviceConnection: ServiceConnection = {
  id: 'connection-1',
  name: 'an Azure connection',
  resourceManagerUrl: 'https://management.azure.com',
  authorityUrl: 'https://login.microsoftonline.com',
  audience: 'https://management.azure.com',
  subscriptionId: 's',
  tenantId: 't',
  authentication: { scheme: 'ManagedIdentity' },
  defaults: {},
};
