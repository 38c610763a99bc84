import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import { readResourceFilter } from './resourceFilter';
import type { ResourceGroup, ResourceGroups } from './resourceGroups';
import { resourcePage, type ListQuery } from './resourcePage';

type Params = { group: string };
type Body = { location?: string; tags?: Record<string, string> } | undefined;

/** Resource groups in the resource manager. */
export function registerResourceGroups(app: FastifyInstance, url: string, groups: ResourceGroups): void {
  const all = '/subscriptions/:subscription/resourceGroups';
  const one = `${all}/:group`;

  app.get<{ Querystring: ListQuery }>(all, async (request) => {
    const wanted = readResourceFilter(request.query.$filter);
    return resourcePage(request, url, groups.list().map(answer).filter(wanted));
  });
  // Before GET, whose own HEAD would answer 200.
  app.head(one, async (_request, reply) => reply.code(204).send());
  app.get<{ Params: Params }>(one, async ({ params }) => answer(groups.get(params.group)));
  app.put<{ Params: Params; Body: Body }>(one, async ({ params, body }, reply) => {
    const { isNew, group } = groups.put(params.group, body ?? {});
    return reply.code(isNew ? 201 : 200).send(answer(group));
  });
  app.patch<{ Params: Params; Body: Body }>(one, async ({ params, body }) =>
    answer(groups.setTags(params.group, body?.tags)),
  );
  app.delete<{ Params: Params }>(one, async ({ params }, reply) => {
    await groups.delete(params.group);
    return reply.code(200).send();
  });
}

const answer = ({ name, location, tags }: ResourceGroup) => ({
  id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${name}`,
  name,
  type: 'Microsoft.Resources/resourceGroups',
  location,
  tags: tags ?? {},
  properties: { provisioningState: 'Succeeded' },
});
