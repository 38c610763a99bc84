import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { groupOf } from '../../arm/resourceCatalog';
import { ArmError, localCloud, type LocalAzureContext } from '../../context';
import { invalid } from '../mlError';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import { systemData } from '../systemData';
import type { MadeWorkspace, MadeWorkspaces } from './madeWorkspaces';

type Params = { group: string; workspace: string };
type Body =
  | {
      location?: string;
      tags?: Record<string, string>;
      identity?: { type?: string };
      properties?: Record<string, unknown>;
    }
  | undefined;

/** Workspaces in the resource manager, and the discovery of the data planes. */
export function registerWorkspaces(app: FastifyInstance, context: LocalAzureContext, workspaces: MadeWorkspaces): void {
  const { made, deleted } = workspaces;
  const standard = describeWorkspace(context, standardWorkspace());
  const all = () => [standard, ...made.list().map(({ value }) => describeWorkspace(context, value))];
  context.resources.add({
    list: all,
    removeGroup: (group) => {
      for (const { key, value } of made.list()) {
        if (value.resourceGroup.toLowerCase() !== group.toLowerCase()) continue;
        made.delete(key);
        deleted.put(key, value);
      }
    },
  });
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
  registerChanges(app, context, workspaces);

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

/** A workspace is made of resources that are there; it is deleted softly unless it is purged. Source: azure-specs, 2024-04-01. */
function registerChanges(app: FastifyInstance, context: LocalAzureContext, { made, deleted }: MadeWorkspaces): void {
  const isStandard = ({ group, workspace }: Params): boolean =>
    `${group}/${workspace}`.toLowerCase() === `${localCloud.resourceGroup}/${localCloud.workspace}`;

  app.put<{ Params: Params; Body: Body }>(workspaceRoute, async ({ params, body }) => {
    const key = `${params.group}/${params.workspace}`;
    const { storageAccount, keyVault } = body?.properties ?? {};
    if (isStandard(params)) throw invalid('The workspace of local Azure cannot be changed.');
    if (!body?.location || !body.identity?.type || !storageAccount || !keyVault) {
      throw invalid("The properties 'location', 'identity', 'storageAccount' and 'keyVault' are required.");
    }
    const there = context.resources.list().map(({ id }) => id.toLowerCase());
    for (const [name, id] of Object.entries(body.properties ?? {})) {
      if (!/^(storageAccount|keyVault|containerRegistry)$/.test(name) || typeof id !== 'string') continue;
      if (!there.includes(id.toLowerCase()))
        throw invalid(`The resource '${id}' of the property '${name}' was not found.`);
    }
    if (deleted.get(key)) {
      throw new ArmError(
        409,
        'Conflict',
        'Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete',
      );
    }
    const former = made.get(key);
    made.put(key, {
      name: params.workspace,
      resourceGroup: params.group,
      location: body.location,
      workspaceId: former?.workspaceId ?? randomUUID(),
      tags: body.tags ?? {},
      properties: body.properties ?? {},
      created: former?.created ?? new Date().toISOString(),
    });
    return describeWorkspace(context, made.get(key)!);
  });
  app.delete<{ Params: Params; Querystring: { forceToPurge?: string } }>(
    workspaceRoute,
    async ({ params, query }, reply) => {
      const key = `${params.group}/${params.workspace}`;
      if (isStandard(params)) throw invalid('The workspace of local Azure cannot be deleted.');
      const found = made.get(key) ?? deleted.get(key);
      made.delete(key);
      if (!found) return reply.code(204).send();
      if (query.forceToPurge?.toLowerCase() === 'true') deleted.delete(key);
      else deleted.put(key, found);
      return reply.code(200).send();
    },
  );
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
