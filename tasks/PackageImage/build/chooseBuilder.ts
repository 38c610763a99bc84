import type { ContainerRegistry } from '../../common/azure/registry/containerRegistry';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import { ContainerRegistryTasks } from '../../common/azure/registry/containerRegistryTasks';
import type { AzureSession } from '../../common/azure/http/session';
import type { TaskContext } from '../../common/task/taskContext';
import { AcrBuilder } from './acrBuilder';
import { EngineBuilder } from './engineBuilder';
import type { ImageBuilder } from './imageBuilder';
import type { PackageInputs } from '../inputs';

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
    return new AcrBuilder(tasks, registry, { timeoutInMinutes, agentPool, customRegistries }, log, clock, state);
  }
  const login = await contents.engineLogin(signal);
  context.secret(login.password);
  const logins = { ...customRegistries, [registry.loginServer]: login };
  const { temp } = pipeline.directories;
  return new EngineBuilder({ temp, timeoutInMinutes, registry: registry.loginServer, logins }, log);
}
