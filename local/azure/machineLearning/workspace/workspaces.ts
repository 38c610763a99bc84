import type { FastifyInstance } from 'fastify';
import { groupOf } from '../../arm/resourceCatalog';
import { localCloud, type LocalAzureContext } from '../../context';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import { systemData } from '../systemData';
import type { MadeWorkspace, MadeWorkspaces, WorkspaceRequest } from './madeWorkspaces';

type Params = { group: string; workspace: string };
/** Workspaces in the resource manager, and the discovery of the data planes. */
export function registerWorkspaces(app: FastifyInstance, context: LocalAzureContext, workspaces: MadeWorkspaces): void {
  const standard = describeWorkspace(context, standardWorkspace());
  const all = () => [standard, ...workspaces.list().map((workspace) => describeWorkspace(context, workspace))];
  context.resources.add({ list: all, removeGroup: (group) => workspaces.removeGroup(group) });
  const listRoute = '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/workspaces';
  app.get(listRoute, async (request) => page(request, context.url, all()));
  app.get<{ Params: { group: string } }>(workspaceRoute.replace('/:workspace', ''), async (request) =>
    page(
      request,
      context.url,
      all().filter((each) => groupOf(each).toLowerCase() === request.params.group.toLowerCase()),
    ),
  );
  app.get<{ Params: Params }>(workspaceRoute, async ({ params }) => {
    const found = workspaces.find(params.group, params.workspace);
    return found ? describeWorkspace(context, found) : standard;
  });
  app.put<{ Params: Params; Body: WorkspaceRequest | undefined }>(workspaceRoute, async ({ params, body }) =>
    describeWorkspace(context, workspaces.put(params.group, params.workspace, body, context.resources)),
  );
  app.delete<{ Params: Params; Querystring: { forceToPurge?: string } }>(
    workspaceRoute,
    async ({ params, query }, reply) => {
      const isPurge = query.forceToPurge?.toLowerCase() === 'true';
      return reply.code(workspaces.delete(params.group, params.workspace, isPurge) ? 200 : 204).send();
    },
  );

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

function standardWorkspace(): MadeWorkspace {
  const group = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}`;
  return {
    name: localCloud.workspace,
    resourceGroup: localCloud.resourceGroup,
    location: localCloud.location,
    workspaceId: localCloud.workspaceId,
    tags: {},
    properties: {
      storageAccount: `${group}/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}`,
      containerRegistry: `${group}/providers/Microsoft.ContainerRegistry/registries/${localCloud.registry}`,
      keyVault: `${group}/providers/Microsoft.KeyVault/vaults/quickstartskv`,
      applicationInsights: `${group}/providers/Microsoft.Insights/components/quickstartsai`,
    },
    created: new Date().toISOString(),
  };
}

function describeWorkspace(context: LocalAzureContext, workspace: MadeWorkspace) {
  const { name, location, workspaceId, tags, properties, created } = workspace;
  const id = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
  return {
    id,
    name,
    type: 'Microsoft.MachineLearningServices/workspaces',
    location,
    kind: 'Default',
    tags,
    identity: {
      type: 'SystemAssigned',
      principalId: '72000000-0000-4000-8000-000000000007',
      tenantId: localCloud.tenantId,
    },
    sku: { name: 'Basic', tier: 'Basic' },
    properties: {
      friendlyName: name,
      description: '',
      hbiWorkspace: false,
      publicNetworkAccess: 'Enabled',
      ...properties,
      discoveryUrl: `${context.url}/discovery`,
      mlFlowTrackingUri: `azureml://${new URL(context.url).host}/mlflow/v1.0${id}`,
      workspaceId,
      tenantId: localCloud.tenantId,
      provisioningState: 'Succeeded',
      v1LegacyMode: false,
      storageHnsEnabled: false,
      privateLinkCount: 0,
      notebookInfo: {
        resourceId: '72000000000040008000000000000008',
        fqdn: `ml-${name}-${location}.notebooks.localhost`,
        notebookPreparationError: null,
      },
    },
    systemData: { ...systemData(), createdAt: created },
  };
}
