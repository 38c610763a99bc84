import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import { openRegistryAccounts, type RegistryAccount } from '../registry/registryAccounts';
import { readBuildRequest } from './buildRequest';
import { findRegistry, registryId, registryRoute, type RegistryParams } from './registries';
import { sourcePath, tasksContainer } from './sourceArchive';
import { isFinished, type TaskRun } from './taskRun';
import { runKey, type TaskRunner } from './taskRunner';

type RunParams = RegistryParams & { run: string };

/** ACR Tasks. Source: azure-specs Microsoft.ContainerRegistry 2019-06-01-preview; 2019-04-01 is the same for these paths. */
export function registerTasks(
  app: FastifyInstance,
  context: LocalAzureContext,
  runs: Collection<TaskRun>,
  runner: TaskRunner,
): void {
  const accounts = openRegistryAccounts(context);
  const counters = context.collection<number>('acrRunCounters');
  const createdContainers = new Set<string>();

  const container = async (account: RegistryAccount): Promise<string> => {
    const name = tasksContainer(account.name);
    if (!createdContainers.has(name)) await context.blobs.container(name).createIfNotExists();
    createdContainers.add(name);
    return name;
  };

  const answer = (run: TaskRun, account: RegistryAccount) => ({
    id: `${registryId(account)}/runs/${run.runId}`,
    name: run.runId,
    type: 'Microsoft.ContainerRegistry/registries/runs',
    properties: {
      runId: run.runId,
      status: run.status,
      lastUpdatedTime: run.lastUpdatedTime,
      runType: 'QuickBuild',
      createTime: run.createTime,
      startTime: run.startTime,
      finishTime: run.finishTime,
      outputImages: run.outputImages,
      platform: { os: 'linux', architecture: run.request.platform.architecture },
      agentConfiguration: { cpu: run.request.agentConfiguration?.cpu ?? 2 },
      sourceRegistryAuth: run.request.sourceRegistryLogin,
      customRegistries: run.request.customRegistries,
      runErrorMessage: run.runErrorMessage,
      provisioningState: run.provisioningState,
      isArchiveEnabled: run.request.isArchiveEnabled,
    },
  });

  const findRun = (params: RunParams): { account: RegistryAccount; run: TaskRun } => {
    const account = findRegistry(accounts, params);
    const run = runs.get(runKey(account.name, params.run));
    if (run) return { account, run };
    throw new ArmError(404, 'RunNotFound', `The run '${params.run}' was not found in the registry '${account.name}'.`);
  };

  /** Throws what a planned fault has Azure answer before the request itself is looked at. */
  const checkPermission = (account: RegistryAccount, action: string): void => {
    if (context.takeFault('acr.missingRole')) {
      throw new ArmError(
        403,
        'AuthorizationFailed',
        `The client does not have authorization to perform action 'Microsoft.ContainerRegistry/registries/${action}/action' over scope ` +
          `'${registryId(account)}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      );
    }
  };

  app.post<{ Params: RegistryParams }>(`${registryRoute}/listBuildSourceUploadUrl`, async (request) => {
    const account = findRegistry(accounts, request.params);
    checkPermission(account, 'listBuildSourceUploadUrl');
    const relativePath = sourcePath(correlationId(request), new Date());
    const uploadUrl = context.blobs.sasUrl(await container(account), {
      blob: relativePath,
      permissions: 'rcw',
      expiresInMinutes: 60,
    });
    return { uploadUrl, relativePath };
  });

  app.post<{ Params: RegistryParams }>(`${registryRoute}/scheduleRun`, async (request) => {
    const account = findRegistry(accounts, request.params);
    checkPermission(account, 'scheduleRun');
    if (context.takeFault('acr.tasksNotAllowed')) {
      throw new ArmError(
        403,
        'TasksOperationsNotAllowed',
        `ACR Tasks requests for the registry ${account.name} and ${request.params.subscription} are not permitted. ` +
          'Please file an Azure support request at http://aka.ms/azuresupport for assistance.',
      );
    }
    const { request: build, secrets } = readBuildRequest(
      request.body,
      (request.query as { 'api-version'?: string })['api-version'] ?? '',
    );
    await container(account);
    const number = (counters.get(account.name) ?? 0) + 1;
    counters.put(account.name, number);
    const now = new Date().toISOString();
    const run: TaskRun = {
      runId: `ca${number.toString(36)}`,
      registry: account.name,
      resourceGroup: account.resourceGroup,
      status: 'Queued',
      provisioningState: 'Succeeded',
      createTime: now,
      lastUpdatedTime: now,
      outputImages: [],
      request: build,
    };
    runner.schedule(run, secrets);
    return answer(run, account);
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
        .map((run) => answer(run, account))
        .filter((run) => wanted(run.properties as unknown as Record<string, unknown>))
        .reverse();
      return { value: found.slice(0, Number(request.query.$top ?? 100)) };
    },
  );

  app.get<{ Params: RunParams }>(`${registryRoute}/runs/:run`, async (request) => {
    const { run, account } = findRun(request.params);
    return answer(run, account);
  });

  app.post<{ Params: RunParams }>(`${registryRoute}/runs/:run/listLogSasUrl`, async (request) => {
    const { run, account } = findRun(request.params);
    const blob = `logs/${run.runId}/rawtext.log`;
    return {
      logLink: context.blobs.sasUrl(await container(account), { blob, permissions: 'r', expiresInMinutes: 60 }),
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

/** `runId eq 'ca1' and status eq 'Running'`: what clients ask for; anything else matches nothing. */
function readFilter(filter: string | undefined): (properties: Record<string, unknown>) => boolean {
  const conditions = (filter ?? '').split(/\s+and\s+/i).filter((part) => part.trim() !== '');
  return (properties) =>
    conditions.every((condition) => {
      const [, name = '', value] = /^\s*(\w+)\s+eq\s+'([^']*)'\s*$/i.exec(condition) ?? [];
      const key = Object.keys(properties).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      return key !== undefined && String(properties[key]).toLowerCase() === value?.toLowerCase();
    });
}
