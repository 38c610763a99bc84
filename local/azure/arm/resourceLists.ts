import type { FastifyInstance } from 'fastify';
import { groupOf, type ResourceCatalog } from './resourceCatalog';
import { readResourceFilter } from './resourceFilter';
import { resourcePage, type ListQuery } from './resourcePage';

/** Resources of every kind. Source: azure-specs Microsoft.Resources. */
export function registerResourceLists(app: FastifyInstance, url: string, catalog: ResourceCatalog): void {
  app.get<{ Querystring: ListQuery }>('/subscriptions/:subscription/resources', async (request) =>
    resourcePage(request, url, catalog.list().filter(readResourceFilter(request.query.$filter))),
  );
  app.get<{ Params: { group: string }; Querystring: ListQuery }>(
    '/subscriptions/:subscription/resourceGroups/:group/resources',
    async (request) => {
      const wanted = readResourceFilter(request.query.$filter);
      const inGroup = catalog
        .list()
        .filter((each) => groupOf(each).toLowerCase() === request.params.group.toLowerCase());
      return resourcePage(request, url, inGroup.filter(wanted));
    },
  );
}
