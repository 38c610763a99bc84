import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import type { LogAnalyticsWorkspace, LogAnalyticsWorkspaces } from './logAnalyticsWorkspaces';

type Params = { group: string; workspace: string };

const type = 'Microsoft.OperationalInsights/workspaces';

/** Microsoft.OperationalInsights as far as a container group's diagnostics need it: a workspace and its keys. */
export function registerLogAnalytics(app: FastifyInstance, workspaces: LogAnalyticsWorkspaces): void {
  const one = `/subscriptions/:subscription/resourceGroups/:group/providers/${type}/:workspace`;
  app.get<{ Params: Params }>(one, async ({ params }) => answer(workspaces.get(params.group, params.workspace)));
  app.post<{ Params: Params }>(`${one}/sharedKeys`, async ({ params }) => {
    const { key } = workspaces.get(params.group, params.workspace);
    return { primarySharedKey: key, secondarySharedKey: key };
  });
}

function answer({ name, resourceGroup, location, customerId }: LogAnalyticsWorkspace) {
  return {
    id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`,
    name,
    type,
    location,
    properties: { customerId, provisioningState: 'Succeeded', sku: { name: 'PerGB2018' }, retentionInDays: 30 },
  };
}
