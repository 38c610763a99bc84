import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';

interface Workspace {
  name: string;
  resourceGroup: string;
  location: string;
  customerId: string;
  key: string;
}

type Params = { group: string; workspace: string };

/** Microsoft.OperationalInsights as far as a container group's diagnostics need it: a workspace and its keys. Logs go nowhere. */
export function registerLogAnalytics(app: FastifyInstance, context: LocalAzureContext): void {
  const workspaces = context.collection<Workspace>('logAnalyticsWorkspaces');
  const standard = `${localCloud.resourceGroup}/quick-starts-logs`;
  if (!workspaces.get(standard)) {
    workspaces.put(standard, {
      name: 'quick-starts-logs',
      resourceGroup: localCloud.resourceGroup,
      location: localCloud.location,
      customerId: guidOf('quick-starts-logs'),
      key: randomBytes(64).toString('base64'),
    });
  }
  const find = ({ group, workspace }: Params): Workspace => {
    const found = workspaces.get(`${group}/${workspace}`);
    if (found) return found;
    throw resourceNotFound('Microsoft.OperationalInsights/workspaces', workspace, group);
  };
  const base =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.OperationalInsights/workspaces/:workspace';
  app.get<{ Params: Params }>(base, async ({ params }) => {
    const { name, resourceGroup, location, customerId } = find(params);
    return {
      id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/${name}`,
      name,
      type: 'Microsoft.OperationalInsights/workspaces',
      location,
      properties: { customerId, provisioningState: 'Succeeded', sku: { name: 'PerGB2018' }, retentionInDays: 30 },
    };
  });
  app.post<{ Params: Params }>(`${base}/sharedKeys`, async ({ params }) => {
    const { key } = find(params);
    return { primarySharedKey: key, secondarySharedKey: key };
  });
}

function guidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
