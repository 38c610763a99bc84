import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ArmError } from '../context';
import { groupAnswer, isTransitioning, type ContainerGroup } from './containerGroup';
import type { ContainerGroups } from './containerGroups';
import type { ContainerLogs } from './containerLog';
import type { ExecSessions } from './execSessions';
import { readGroupDefinition } from './validation';

type Params = { group: string; name: string };
type LogParams = Params & { container: string };

const answer = (group: ContainerGroup, { query }: FastifyRequest) =>
  groupAnswer(group, (query as { 'api-version'?: string })['api-version'] ?? '');

/** Container groups in the resource manager. Source: azure-specs Microsoft.ContainerInstance 2023-05-01; facts on Azure, §4. */
export function registerContainerGroups(
  app: FastifyInstance,
  groups: ContainerGroups,
  logs: ContainerLogs,
  sessions: ExecSessions,
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

  app.get<{ Params: LogParams; Querystring: { tail?: string; timestamps?: string } }>(
    `${one}/containers/:container/logs`,
    async ({ params, query }) => {
      const group = groups.get(params.group, params.name);
      requireContainer(group, params.container);
      if (!logs.exists(group.uid, params.container)) {
        throw isTransitioning(group)
          ? new ArmError(
              409,
              'ContainerGroupTransitioning',
              `The container group '${group.name}' is still transitioning, please retry later.`,
            )
          : new ArmError(
              404,
              'ContainerLogNotAvailable',
              `The log of container '${params.container}' in container group '${group.name}' is not available.`,
            );
      }
      const content = logs.read(group.uid, params.container, {
        tail: query.tail === undefined ? undefined : Number(query.tail),
        timestamps: query.timestamps?.toLowerCase() === 'true',
        isRunning: groups.isRunning(group, params.container),
      });
      return { content };
    },
  );

  app.post<{ Params: LogParams; Body: { command?: string } | undefined }>(
    `${one}/containers/:container/exec`,
    async ({ params, body }) => {
      const group = groups.get(params.group, params.name);
      requireContainer(group, params.container);
      if (!body?.command) throw new ArmError(400, 'InvalidRequestContent', 'The command is required.');
      const running = groups.running(group, params.container);
      if (running) return sessions.begin(running, body.command);
      // What Azure says here was not found.
      const message = `The container '${params.container}' in container group '${group.name}' is not running.`;
      throw new ArmError(409, 'ContainerNotRunning', message);
    },
  );
}

function requireContainer({ name, definition }: ContainerGroup, wanted: string): void {
  const { containers, initContainers = [] } = definition.properties;
  if ([...containers, ...initContainers].some((each) => each.name === wanted)) return;
  throw new ArmError(404, 'ContainerNotFound', `The container '${wanted}' is not found in container group '${name}'.`);
}
