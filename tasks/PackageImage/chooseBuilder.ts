import type { ContainerRegistry } from '../common/azure/containerRegistry';
import { ContainerRegistryTasks } from '../common/azure/containerRegistryTasks';
import type { AzureSession } from '../common/azure/session';
import type { TaskContext } from '../common/task/taskContext';
import { AcrBuilder } from './acrBuilder';
import type { ImageBuilder } from './imageBuilder';
import type { PackageInputs } from './inputs';

export function chooseBuilder(
  { baseImageConnection, buildTimeoutInMinutes, agentPool }: PackageInputs,
  registry: ContainerRegistry,
  session: AzureSession,
  { log, clock }: Pick<TaskContext, 'log' | 'clock'>,
): ImageBuilder {
  const customRegistries = baseImageConnection
    ? {
        [baseImageConnection.server]: {
          userName: baseImageConnection.userName,
          password: baseImageConnection.password,
        },
      }
    : {};
  const tasks = new ContainerRegistryTasks(session, registry);
  const options = { timeoutInMinutes: buildTimeoutInMinutes, agentPool, customRegistries };
  return new AcrBuilder(tasks, registry, options, log, clock);
}
