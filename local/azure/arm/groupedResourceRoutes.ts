import type { FastifyInstance } from 'fastify';
import type { GroupedResources, MadeResource } from './groupedResources';

type Params = { group: string; name: string };

/**
 * What is asked of resources of every type: one, those of a group, all, and to delete one.
 * @returns the route of one, for what its type takes beside it
 */
export function registerGroupedResources<T extends MadeResource>(
  app: FastifyInstance,
  resources: GroupedResources<T>,
): string {
  const all = `/subscriptions/:subscription/providers/${resources.type}`;
  const inGroup = `/subscriptions/:subscription/resourceGroups/:group/providers/${resources.type}`;
  const one = `${inGroup}/:name`;

  app.get<{ Params: Params }>(one, async ({ params }) => resources.get(params.group, params.name));
  app.get(all, async () => ({ value: resources.list() }));
  app.get<{ Params: Params }>(inGroup, async ({ params }) => ({ value: resources.list(params.group) }));
  app.delete<{ Params: Params }>(one, async ({ params }, reply) =>
    reply.code(resources.delete(params.group, params.name) ? 200 : 204).send(),
  );
  return one;
}
