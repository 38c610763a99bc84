import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import { regionNames } from './regions';

const { subscriptionId, tenantId } = localCloud;

const subscription = {
  id: `/subscriptions/${subscriptionId}`,
  subscriptionId,
  tenantId,
  displayName: localCloud.subscriptionName,
  state: 'Enabled',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
  authorizationSource: 'RoleBased',
};

const tenant = {
  id: `/tenants/${tenantId}`,
  tenantId,
  displayName: 'Local Azure',
  defaultDomain: 'localhost',
  tenantType: 'AAD',
};

/** The subscription, its regions, and its tenant. Source: azure-specs Microsoft.Resources, subscriptions. */
export function registerSubscriptions(app: FastifyInstance): void {
  app.get('/subscriptions', async () => ({ value: [subscription], count: { type: 'Total', value: 1 } }));
  app.get('/subscriptions/:subscription', async () => subscription);
  app.get('/subscriptions/:subscription/locations', async () => ({
    value: Object.entries(regionNames).map(([name, displayName]) => ({
      id: `/subscriptions/${subscriptionId}/locations/${name}`,
      name,
      type: 'Region',
      displayName,
      regionalDisplayName: displayName,
      metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
    })),
  }));
  app.get('/tenants', async () => ({ value: [tenant] }));
}
