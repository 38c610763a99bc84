import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';
import { GroupAddresses } from '../engine/groupAddresses';
import { sharedEngine } from '../engine/sharedEngine';
import { WorkFolder } from '../engine/workFolder';
import { createLocalAgent } from '../registry/localAgent';
import { NamedTaskRuns } from './namedTaskRuns';
import { Registries } from './registries';
import { registerRegistries } from './registryRoutes';
import { registerRuns } from './runRoutes';
import { Runs } from './runs';
import { RunScheduling } from './runScheduling';
import { endOrphanedRuns, TaskRunner } from './taskRunner';
import type { TaskRun } from './taskRun';
import { registerTaskRuns } from './taskRuns';

/** Microsoft.ContainerRegistry in the resource manager: registries and ACR Tasks. */
export function registerContainerRegistry(app: FastifyInstance, context: LocalAzureContext): void {
  const registries = new Registries(context);
  registerRegistries(app, registries, context.port);

  const runs = context.collection<TaskRun>('acrRuns');
  endOrphanedRuns(runs);
  const engine = sharedEngine(context);
  const agent = createLocalAgent(context.caFile);
  const work = new WorkFolder(context.cacheDir);
  const runner = new TaskRunner({ context, runs, engine, agent, work, addresses: new GroupAddresses() });
  context.onClose(async () => {
    await runner.close();
    await agent.close();
    work.remove();
  });
  const scheduling = new RunScheduling(context, runner);
  registerRuns(app, registries, new Runs(context.blobs, runs, runner, scheduling));
  registerTaskRuns(app, registries, new NamedTaskRuns(context, runs, scheduling));
}
