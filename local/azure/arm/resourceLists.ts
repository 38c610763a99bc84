import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud } from '../context';
import { versionsOf } from './apiVersions';
import { regionNames } from './regions';
import { groupOf, type ResourceCatalog } from './resourceCatalog';
import { readResourceFilter } from './resourceFilter';
import type { ResourceTypes } from './resourceTypes';

interface ListQuery {
  $filter?: string;
  $top?: string;
  $skiptoken?: string;
}

/** Resources of every kind, and what providers, locations and tenants there are. Source: azure-specs Microsoft.Resources. */
export function registerResourceLists(
  app: FastifyInstance,
  url: string,
  catalog: ResourceCatalog,
  types: ResourceTypes,
): void {
  const answer = (request: { url: string; query: ListQuery }, group?: string) => {
    const wanted = readResourceFilter(request.query.$filter);
    const found = catalog
      .list()
      .filter((each) => !group || groupOf(each).toLowerCase() === group.toLowerCase())
      .filter(wanted);
    const size = request.query.$top === undefined ? 1000 : Number(request.query.$top);
    const start = Number(request.query.$skiptoken ?? 0);
    if (!(size > 0) || !(start >= 0))
      throw new ArmError(400, 'InvalidTopValue', "The '$top' or '$skiptoken' is not valid.");
    const next = start + size;
    if (next >= found.length) return { value: found.slice(start) };
    const parameters = new URLSearchParams({ ...(request.query as Record<string, string>), $skiptoken: String(next) });
    return { value: found.slice(start, next), nextLink: `${url}${request.url.split('?')[0]}?${parameters}` };
  };

  app.get<{ Querystring: ListQuery }>('/subscriptions/:subscription/resources', async (request) => answer(request));
  app.get<{ Params: { group: string }; Querystring: ListQuery }>(
    '/subscriptions/:subscription/resourceGroups/:group/resources',
    async (request) => answer(request, request.params.group),
  );
  app.get('/subscriptions/:subscription/locations', async () => ({
    value: Object.entries(regionNames).map(([name, displayName]) => ({
      id: `/subscriptions/${localCloud.subscriptionId}/locations/${name}`,
      name,
      type: 'Region',
      displayName,
      regionalDisplayName: displayName,
      metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
    })),
  }));
  const provider = (namespace: string) => ({
    id: `/subscriptions/${localCloud.subscriptionId}/providers/${namespace}`,
    namespace,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: (types.of(namespace) ?? []).map((resourceType) => ({
      resourceType,
      locations: Object.values(regionNames),
      // The newest first, as clients take the first one.
      apiVersions: versionsOf(namespace).sort().reverse(),
    })),
  });
  app.get('/subscriptions/:subscription/providers', async () => ({ value: types.namespaces().map(provider) }));
  app.get<{ Params: { namespace: string } }>('/subscriptions/:subscription/providers/:namespace', async ({ params }) =>
    provider(params.namespace),
  );
  // All are registered already.
  app.post<{ Params: { namespace: string } }>(
    '/subscriptions/:subscription/providers/:namespace/register',
    async ({ params }) => provider(params.namespace),
  );
  app.get('/tenants', async () => ({
    value: [
      {
        id: `/tenants/${localCloud.tenantId}`,
        tenantId: localCloud.tenantId,
        displayName: 'Local Azure',
        defaultDomain: 'localhost',
        tenantType: 'AAD',
      },
    ],
  }));
}
