import type { ContainerRegistry } from '../../common/azure/registry/containerRegistry';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import { ContainerRegistryTaskRuns } from '../../common/azure/registry/containerRegistryTaskRuns';
import { ContainerRegistryTasks } from '../../common/azure/registry/containerRegistryTasks';
import type { AzureSession } from '../../common/azure/http/session';
import type { TaskContext } from '../../common/task/taskContext';
import { AcrBuilder } from './acrBuilder';
import { BuildScheduling } from './buildScheduling';
import { EngineBuilder } from './engineBuilder';
import type { ImageBuilder } from './imageBuilder';
import type { PackageInputs } from '../inputs';
import { leftBuild } from './leftBuild';

/** The builder that the inputs ask for, with the logins that it needs. */
export async function chooseBuilder(
  { builder, baseImageConnection, buildTimeoutInMinutes: timeoutInMinutes, agentPool }: PackageInputs,
  registry: ContainerRegistry,
  contents: RegistryContents,
  session: AzureSession,
  context: TaskContext,
): Promise<ImageBuilder> {
  const { log, clock, signal, pipeline, state } = context;
  const customRegistries = baseImageConnection ? { [baseImageConnection.server]: baseImageConnection } : {};
  if (builder === 'acrTasks') {
    const tasks = new ContainerRegistryTasks(session, registry);
    const taskRuns = new ContainerRegistryTaskRuns(session, registry);
    const definition = [pipeline.collectionUri, pipeline.projectId, pipeline.build?.definition].join('/');
    const left = leftBuild(state);
    const scheduling = new BuildScheduling(tasks, taskRuns, registry, definition, log, clock, left);
    const options = { timeoutInMinutes, agentPool, customRegistries };
    return new AcrBuilder(tasks, scheduling, registry, options, log, clock, left);
  }
  const login = await contents.engineLogin(signal);
  context.secret(login.password);
  const logins = { ...customRegistries, [registry.loginServer]: login };
  const { temp } = pipeline.directories;
  return new EngineBuilder({ temp, timeoutInMinutes, registry: registry.loginServer, logins }, log, clock);
}
