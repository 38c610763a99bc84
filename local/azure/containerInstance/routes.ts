import type { FastifyInstance, FastifyRequest } from 'fastify';
import { groupAnswer, type ContainerGroup } from './containerGroup';
import type { ContainerGroups } from './containerGroups';
import type { GroupContainers } from './groupContainers';
import { readGroupDefinition } from './validation';

type Params = { group: string; name: string };
type ContainerParams = Params & { container: string };

const answer = (group: ContainerGroup, { query }: FastifyRequest) =>
  groupAnswer(group, (query as { 'api-version'?: string })['api-version'] ?? '');

/** Container groups in the resource manager. Source: azure-specs Microsoft.ContainerInstance 2023-05-01; facts on Azure, §4. */
export function registerContainerGroups(
  app: FastifyInstance,
  groups: ContainerGroups,
  containers: GroupContainers,
): void {
  const all = '/subscriptions/:subscription/providers/Microsoft.ContainerInstance/containerGroups';
  const ofGroup =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ContainerInstance/containerGroups';
  const one = `${ofGroup}/:name`;

  app.get(all, async (request) => ({ value: groups.list().map((group) => answer(group, request)) }));
  app.get<{ Params: Params }>(ofGroup, async (request) => ({
    value: groups.list(request.params.group).map((group) => answer(group, request)),
  }));
  app.get<{ Params: Params }>(one, async (request) =>
    answer(groups.get(request.params.group, request.params.name), request),
  );

  app.put<{ Params: Params }>(one, async (request, reply) => {
    const { params, body } = request;
    const definition = readGroupDefinition(params.name, body);
    const { isNew, group, header } = await groups.put(params.group, params.name, definition);
    return reply
      .code(isNew ? 201 : 200)
      .headers(header)
      .send(answer(group, request));
  });

  app.patch<{ Params: Params; Body: { tags?: Record<string, string>; zones?: string[] } | undefined }>(
    one,
    async (request) => {
      const { params, body } = request;
      return answer(groups.setTags(params.group, params.name, body?.tags, body?.zones), request);
    },
  );

  app.delete<{ Params: Params }>(one, async (request, reply) => {
    const { params } = request;
    const group = await groups.delete(params.group, params.name);
    return group ? answer(group, request) : reply.code(204).send();
  });

  app.post<{ Params: Params }>(`${one}/stop`, async ({ params }, reply) => {
    await groups.stop(params.group, params.name);
    return reply.code(204).send();
  });
  app.post<{ Params: Params }>(`${one}/start`, async ({ params }, reply) => {
    const header = await groups.start(params.group, params.name, false);
    return header ? reply.code(202).headers(header).send() : reply.code(204).send();
  });
  app.post<{ Params: Params }>(`${one}/restart`, async ({ params }, reply) => {
    const header = await groups.start(params.group, params.name, true);
    return reply
      .code(204)
      .headers(header ?? {})
      .send();
  });

  registerContainers(app, `${one}/containers/:container`, groups, containers);
}

/** What is asked of one container of a group. */
function registerContainers(
  app: FastifyInstance,
  route: string,
  groups: ContainerGroups,
  containers: GroupContainers,
): void {
  app.get<{ Params: ContainerParams; Querystring: { tail?: string; timestamps?: string } }>(
    `${route}/logs`,
    async ({ params, query }) => {
      const content = containers.log(groups.get(params.group, params.name), params.container, {
        tail: query.tail === undefined ? undefined : Number(query.tail),
        timestamps: query.timestamps?.toLowerCase() === 'true',
      });
      return { content };
    },
  );
  app.post<{ Params: ContainerParams; Body: { command?: string } | undefined }>(
    `${route}/exec`,
    async ({ params, body }) => containers.exec(groups.get(params.group, params.name), params.container, body?.command),
  );
}
