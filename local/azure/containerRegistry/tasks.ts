import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import { openRegistryAccounts, type RegistryAccount } from '../registry/registryAccounts';
import { findRegistry, registryRoute, type RegistryParams } from './registries';
import { runAnswer } from './runAnswer';
import type { RunScheduling } from './runScheduling';
import { sourcePath } from './sourceArchive';
import { isFinished, type TaskRun } from './taskRun';
import { runKey, type TaskRunner } from './taskRunner';

type RunParams = RegistryParams & { run: string };

/** ACR Tasks. Source: azure-specs Microsoft.ContainerRegistry 2019-06-01-preview; 2019-04-01 is the same for these paths. */
export function registerTasks(
  app: FastifyInstance,
  context: LocalAzureContext,
  runs: Collection<TaskRun>,
  runner: TaskRunner,
  scheduling: RunScheduling,
): void {
  const accounts = openRegistryAccounts(context);

  const findRun = (params: RunParams): { account: RegistryAccount; run: TaskRun } => {
    const account = findRegistry(accounts, params);
    const run = runs.get(runKey(account.name, params.run));
    if (run) return { account, run };
    throw new ArmError(404, 'RunNotFound', `The run '${params.run}' was not found in the registry '${account.name}'.`);
  };

  app.post<{ Params: RegistryParams }>(`${registryRoute}/listBuildSourceUploadUrl`, async (request) => {
    const account = findRegistry(accounts, request.params);
    scheduling.checkPermission(account, 'listBuildSourceUploadUrl/action');
    const relativePath = sourcePath(correlationId(request), new Date());
    const uploadUrl = context.blobs.sasUrl(await scheduling.container(account), {
      blob: relativePath,
      permissions: 'rcw',
      expiresInMinutes: 60,
    });
    return { uploadUrl, relativePath };
  });

  app.post<{ Params: RegistryParams }>(`${registryRoute}/scheduleRun`, async (request) => {
    const account = findRegistry(accounts, request.params);
    scheduling.checkPermission(account, 'scheduleRun/action');
    const { 'api-version': apiVersion = '' } = request.query as { 'api-version'?: string };
    return runAnswer(await scheduling.schedule(account, request.body, apiVersion), account);
  });

  app.get<{ Params: RegistryParams; Querystring: { $filter?: string; $top?: string } }>(
    `${registryRoute}/runs`,
    async (request) => {
      const account = findRegistry(accounts, request.params);
      const wanted = readFilter(request.query.$filter);
      const found = runs
        .list()
        .map((entry) => entry.value)
        .filter((run) => run.registry.toLowerCase() === account.name.toLowerCase())
        .map((run) => runAnswer(run, account))
        .filter((run) => wanted(run.properties as unknown as Record<string, unknown>))
        .reverse();
      const top = Number(request.query.$top ?? 100);
      if (!Number.isInteger(top) || top < 1) {
        throw new ArmError(400, 'InvalidTopValue', `'${request.query.$top}' is not a valid value of '$top'.`);
      }
      return { value: found.slice(0, top) };
    },
  );

  app.get<{ Params: RunParams }>(`${registryRoute}/runs/:run`, async (request) => {
    const { run, account } = findRun(request.params);
    return runAnswer(run, account);
  });

  app.post<{ Params: RunParams }>(`${registryRoute}/runs/:run/listLogSasUrl`, async (request) => {
    const { run, account } = findRun(request.params);
    const blob = `logs/${run.runId}/rawtext.log`;
    return {
      logLink: context.blobs.sasUrl(await scheduling.container(account), {
        blob,
        permissions: 'r',
        expiresInMinutes: 60,
      }),
    };
  });

  app.post<{ Params: RunParams }>(`${registryRoute}/runs/:run/cancel`, async (request, reply) => {
    const { run } = findRun(request.params);
    if (isFinished(run)) return reply.code(200).send();
    runner.cancel(run);
    return reply.code(202).send();
  });
}

function correlationId(request: FastifyRequest): string {
  const given = request.headers['x-ms-correlation-request-id'];
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Source: azure-specs 2019-06-01-preview, RunFilter. */
const filterable = ['runId', 'runType', 'status', 'createTime', 'finishTime', 'taskName', 'isArchiveEnabled'];

/** `runId eq 'ca1' and status eq 'Running'`: what clients ask for; anything else would be a wrong answer, so it is refused. */
function readFilter(filter: string | undefined): (properties: Record<string, unknown>) => boolean {
  const conditions = (filter ?? '')
    .split(/\s+and\s+/i)
    .filter((part) => part.trim() !== '')
    .map((condition) => {
      const [, name = '', value = ''] = /^\s*(\w+)\s+eq\s+'([^']*)'\s*$/i.exec(condition) ?? [];
      const key = filterable.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      if (!key) throw new ArmError(400, 'InvalidFilter', `The filter '${filter}' is not valid for runs.`);
      return { key, value: value.toLowerCase() };
    });
  return (properties) => conditions.every(({ key, value }) => String(properties[key]).toLowerCase() === value);
}
