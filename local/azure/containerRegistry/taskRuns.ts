import type { FastifyInstance } from 'fastify';
import { resourceNotFound } from '../arm/resourceNotFound';
import type { RegistryAccount } from '../registry/registryAccounts';
import type { NamedTaskRun, NamedTaskRuns, TaskRunBody } from './namedTaskRuns';
import type { Registries, RegistryName } from './registries';
import { registryId } from './registryAnswer';
import { registryRoute } from './registryRoutes';
import { runAnswer } from './runAnswer';
import { isFinished, type GivenValue, type TaskRun } from './taskRun';

type TaskRunParams = RegistryName & { taskRun: string };

/** Runs as resources. Source: azure-specs Microsoft.ContainerRegistry 2019-06-01-preview, TaskRuns. */
export function registerTaskRuns(app: FastifyInstance, registries: Registries, taskRuns: NamedTaskRuns): void {
  const route = `${registryRoute}/taskRuns/:taskRun`;

  const answer = (named: NamedTaskRun, account: RegistryAccount) => {
    const run = taskRuns.run(named);
    return {
      id: `${registryId(account)}/taskRuns/${named.name}`,
      name: named.name,
      type: 'Microsoft.ContainerRegistry/registries/taskRuns',
      properties: {
        provisioningState: provisioningState(run),
        // Secrets are told only by listDetails, and local Azure does not keep them.
        runRequest: requestAnswer(run),
        runResult: runAnswer(run, account),
        forceUpdateTag: named.forceUpdateTag,
      },
    };
  };

  const find = (account: RegistryAccount, name: string): NamedTaskRun => {
    const named = taskRuns.find(account, name);
    if (named) return named;
    throw resourceNotFound(
      `Microsoft.ContainerRegistry/registries/${account.name}/taskRuns`,
      name,
      account.resourceGroup,
    );
  };

  app.get<{ Params: RegistryName }>(`${registryRoute}/taskRuns`, async (request) => {
    const account = registries.get(request.params);
    return { value: taskRuns.list(account).map((named) => answer(named, account)) };
  });

  app.get<{ Params: TaskRunParams }>(route, async (request) => {
    const account = registries.get(request.params);
    return answer(find(account, request.params.taskRun), account);
  });

  app.put<{ Params: TaskRunParams; Body: TaskRunBody | undefined }>(route, async (request, reply) => {
    const account = registries.get(request.params);
    const { taskRun } = request.params;
    const isNew = await taskRuns.put(account, taskRun, request.body);
    return reply.code(isNew ? 201 : 200).send(answer(find(account, taskRun), account));
  });

  app.delete<{ Params: TaskRunParams }>(route, async (request, reply) => {
    const account = registries.get(request.params);
    const known = taskRuns.find(account, request.params.taskRun);
    taskRuns.delete(account, request.params.taskRun);
    return reply.code(known ? 200 : 204).send();
  });
}

function provisioningState(run: TaskRun): 'Creating' | 'Succeeded' | 'Canceled' | 'Failed' {
  if (!isFinished(run)) return 'Creating';
  return run.status === 'Succeeded' || run.status === 'Canceled' ? run.status : 'Failed';
}

function requestAnswer({ request }: TaskRun) {
  const { type, sourceLocation, timeout, platform, isArchiveEnabled } = request;
  const terms = { type, sourceLocation, timeout, platform, isArchiveEnabled };
  if (request.type === 'EncodedTaskRunRequest') {
    const { encodedTaskContent, encodedValuesContent } = request;
    return { ...terms, encodedTaskContent, encodedValuesContent, values: request.values.map(answered) };
  }
  const { dockerFilePath, imageNames, isPushEnabled, noCache, target } = request;
  return {
    ...{ ...terms, dockerFilePath, imageNames, isPushEnabled, noCache, target },
    arguments: request.arguments.map(answered),
  };
}

const answered = ({ name, value, isSecret }: GivenValue) => ({ name, value: value ?? '', isSecret });
