import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../../context';
import { page } from '../paging';
import { workspaceArmId, workspaceRoute } from '../resourceIds';
import { systemData } from '../systemData';

/** Workspaces in the resource manager, and the discovery of the data planes. */
export function registerWorkspaces(app: FastifyInstance, context: LocalAzureContext): void {
  const group = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}`;
  const host = new URL(context.url).host;
  const system = systemData();
  const workspace = {
    id: workspaceArmId,
    name: localCloud.workspace,
    type: 'Microsoft.MachineLearningServices/workspaces',
    location: localCloud.location,
    kind: 'Default',
    tags: {},
    identity: {
      type: 'SystemAssigned',
      principalId: '72000000-0000-4000-8000-000000000007',
      tenantId: localCloud.tenantId,
    },
    sku: { name: 'Basic', tier: 'Basic' },
    properties: {
      friendlyName: localCloud.workspace,
      description: '',
      storageAccount: `${group}/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`,
      containerRegistry: `${group}/providers/Microsoft.ContainerRegistry/registries/${localCloud.registry}`,
      keyVault: `${group}/providers/Microsoft.KeyVault/vaults/quickstartskv`,
      applicationInsights: `${group}/providers/Microsoft.Insights/components/quickstartsai`,
      hbiWorkspace: false,
      publicNetworkAccess: 'Enabled',
      discoveryUrl: `${context.url}/discovery`,
      mlFlowTrackingUri: `azureml://${host}/mlflow/v1.0${workspaceArmId}`,
      workspaceId: localCloud.workspaceId,
      tenantId: localCloud.tenantId,
      provisioningState: 'Succeeded',
      v1LegacyMode: false,
      storageHnsEnabled: false,
      privateLinkCount: 0,
      notebookInfo: {
        resourceId: '72000000000040008000000000000008',
        fqdn: `ml-${localCloud.workspace}-${localCloud.location}.notebooks.localhost`,
        notebookPreparationError: null,
      },
    },
    systemData: system,
  };
  context.resources.add({ list: () => [workspace] });
  const listRoute = '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/workspaces';
  app.get(listRoute, async (request) => page(request, context.url, [workspace]));
  app.get<{ Params: { group: string } }>(workspaceRoute.replace('/:workspace', ''), async (request) =>
    page(request, context.url, request.params.group.toLowerCase() === localCloud.resourceGroup ? [workspace] : []),
  );
  app.get(workspaceRoute, async () => workspace);

  // As recorded: what is at `api` is not where the services have their own hosts. Source: Microsoft Learn, how-to-manage-rest.
  const own = (host: string) => `https://${localCloud.location}-${host}.localhost:${context.port}`;
  app.get('/discovery', async () => ({
    api: context.url,
    catalog: own('catalog'),
    experimentation: own('experiments'),
    gallery: own('gallery'),
    history: own('experiments'),
    hyperdrive: own('experiments'),
    labeling: own('experiments'),
    modelmanagement: own('modelmanagement'),
    pipelines: own('pipelines'),
    studiocoreservices: own('studioservice'),
  }));
}
