import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type LocalAzureContext } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { checkApiVersion } from './apiVersions';
import { checkQueryParameters } from './queryParameters';
import { readResourceFilter } from './resourceFilter';
import { isDataPlanePath } from './dataPlanes';
import { checkAuthorization, checkDataPlaneAuthorization } from './authorization';
import { sendDataPlaneError } from '../machineLearning/mlError';
import type { ResourceTypes } from './resourceTypes';

interface ResourceGroup {
  name: string;
  location: string;
  tags?: Record<string, string>;
}

const isArmPath = (url: string): boolean => /^\/(subscriptions|tenants)(\/|\?|$)/i.test(url);

/** What every request to Azure Resource Manager, and to a data plane of Azure ML, passes before its provider sees it. */
export function guardRequests(
  app: FastifyInstance,
  context: LocalAzureContext,
  tokens: TokenIssuer,
  types: ResourceTypes,
): void {
  const groups = context.collection<ResourceGroup>('resourceGroups');
  let writes = 1199;
  let reads = 11999;

  app.addHook('onRequest', async (request, reply) => {
    const arm = isArmPath(request.url);
    if (!arm && !isDataPlanePath(request.url)) return;
    const correlation = request.headers['x-ms-correlation-request-id'];
    reply.header('x-ms-request-id', randomUUID());
    reply.header('x-ms-correlation-request-id', typeof correlation === 'string' ? correlation : randomUUID());
    const { authorization } = request.headers;
    if (!arm) {
      try {
        return checkDataPlaneAuthorization(authorization, context.url, tokens);
      } catch (error) {
        // Whatever is asked of them, be it there or not.
        return sendDataPlaneError(error, request, reply);
      }
    }
    checkAuthorization(authorization, context.url, tokens);
    if (request.method === 'GET') reply.header('x-ms-ratelimit-remaining-subscription-reads', String(reads--));
    else reply.header('x-ms-ratelimit-remaining-subscription-writes', String(writes--));
    const [path = '', query] = request.url.split('?', 2);
    const apiVersion = new URLSearchParams(query).get('api-version') ?? undefined;
    types.check(path, apiVersion);
    checkApiVersion(path, apiVersion);
    if (request.method === 'GET') checkQueryParameters(path, new URLSearchParams(query));
    const [, , subscription, scope, group] = path.split('/');
    if (/^\/subscriptions\//i.test(path) && subscription && subscription.toLowerCase() !== localCloud.subscriptionId) {
      throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
    }
    const createsGroup = request.method === 'PUT' && path.split('/').length === 5;
    if (scope?.toLowerCase() === 'resourcegroups' && group && !createsGroup && !groups.get(decodeURIComponent(group))) {
      throw new ArmError(
        404,
        'ResourceGroupNotFound',
        `Resource group '${decodeURIComponent(group)}' could not be found.`,
      );
    }
  });
}

/** Subscriptions and resource groups. */
export function registerResourceManager(app: FastifyInstance, context: LocalAzureContext): void {
  const groups = context.collection<ResourceGroup>('resourceGroups');
  if (!groups.get(localCloud.resourceGroup)) {
    groups.put(localCloud.resourceGroup, { name: localCloud.resourceGroup, location: localCloud.location });
  }
  const subscriptionId = `/subscriptions/${localCloud.subscriptionId}`;
  const subscription = {
    id: subscriptionId,
    subscriptionId: localCloud.subscriptionId,
    tenantId: localCloud.tenantId,
    displayName: localCloud.subscriptionName,
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
  };
  const answer = (group: ResourceGroup) => ({
    id: `${subscriptionId}/resourceGroups/${group.name}`,
    name: group.name,
    type: 'Microsoft.Resources/resourceGroups',
    location: group.location,
    tags: group.tags ?? {},
    properties: { provisioningState: 'Succeeded' },
  });

  app.get('/subscriptions', async () => ({ value: [subscription], count: { type: 'Total', value: 1 } }));
  app.get('/subscriptions/:subscription', async () => subscription);
  app.get<{ Querystring: { $filter?: string; $top?: string; $skiptoken?: string } }>(
    '/subscriptions/:subscription/resourceGroups',
    async ({ query }) => {
      const wanted = readResourceFilter(query.$filter);
      const found = groups
        .list()
        .map((entry) => answer(entry.value))
        .filter((group) => wanted(group));
      const size = Number(query.$top ?? 1000);
      const start = Number(query.$skiptoken ?? 0);
      if (!Number.isInteger(size) || size < 1 || !Number.isInteger(start) || start < 0) {
        throw new ArmError(400, 'InvalidTopValue', "The '$top' or '$skiptoken' is not valid.");
      }
      const next = start + size;
      if (next >= found.length) return { value: found.slice(start) };
      const parameters = new URLSearchParams({ ...(query as Record<string, string>), $skiptoken: String(next) });
      return {
        value: found.slice(start, next),
        nextLink: `${context.url}${subscriptionId}/resourceGroups?${parameters}`,
      };
    },
  );
  // Before GET, whose own HEAD would answer 200.
  app.head('/subscriptions/:subscription/resourceGroups/:group', async (_request, reply) => reply.code(204).send());
  app.get<{ Params: { group: string } }>('/subscriptions/:subscription/resourceGroups/:group', async (request) => {
    return answer(groups.get(request.params.group) as ResourceGroup);
  });
  app.delete<{ Params: { group: string } }>(
    '/subscriptions/:subscription/resourceGroups/:group',
    async ({ params }, reply) => {
      if (params.group.toLowerCase() === localCloud.resourceGroup) {
        throw new ArmError(
          409,
          'ResourceGroupDeletionBlocked',
          `Deletion of resource group '${localCloud.resourceGroup}' did not finish: it holds the workspace of local Azure, which cannot be deleted.`,
        );
      }
      await context.resources.removeGroup(params.group);
      groups.delete(params.group);
      return reply.code(200).send();
    },
  );
  app.patch<{ Params: { group: string }; Body: { tags?: Record<string, string> } | undefined }>(
    '/subscriptions/:subscription/resourceGroups/:group',
    async ({ params, body }) => {
      const former = groups.get(params.group) as ResourceGroup;
      groups.put(params.group, { ...former, tags: body?.tags ?? former.tags });
      return answer(groups.get(params.group) as ResourceGroup);
    },
  );
  app.put<{ Params: { group: string }; Body: { location?: string; tags?: Record<string, string> } | undefined }>(
    '/subscriptions/:subscription/resourceGroups/:group',
    async (request, reply) => {
      const name = request.params.group;
      const former = groups.get(name);
      const location = request.body?.location;
      if (!location)
        throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
      groups.put(name, { name: former?.name ?? name, location, tags: request.body?.tags });
      return reply.code(former ? 200 : 201).send(answer(groups.get(name) as ResourceGroup));
    },
  );
}
