import { ContainerRegistryTaskRuns } from '../../common/azure/registry/containerRegistryTaskRuns';
import { ContainerRegistryTasks, endedStatuses } from '../../common/azure/registry/containerRegistryTasks';
import type { Clock } from '../../common/clock';
import type { TaskLog } from '../../common/log';
import { leftWork, type LeftWork } from '../../common/task/leftWork';
import type { PostJobInputs } from '../../common/task/postJobInputs';
import type { TaskContext, TaskState } from '../../common/task/taskContext';

/** The name that a build was asked for by, and the attempt that makes it ours. */
export interface TaskRunName {
  readonly name: string;
  readonly attempt: string;
}

/** A build in the cloud that must not run on without this task: by its run, by its name, or by when it was asked for. */
export interface LeftBuild {
  /** ARM id. */
  readonly registryId: string;
  readonly runId?: string;
  readonly taskRun?: TaskRunName;
  /** Where it has no name: milliseconds since the epoch. */
  readonly since?: number;
}

/** How often, and at which intervals in milliseconds, is looked for a run that may just be being made. */
const looks = 5;
const pauseBetweenLooks = 2000;

/** Noted before a build is asked for, as the answer may never come, and again when its run is known. */
export function leftBuild(state: TaskState): LeftWork<LeftBuild> {
  return leftWork(state, 'imageBuild');
}

/**
 * Cancels the build of a main step that did not see it to its end: the signal did not reach it (container jobs), it was
 * killed, or it lost the connection. A build that has ended is left alone.
 */
export async function cancelLeftBuild({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const left = leftBuild(context.state).read();
  if (!left) return;
  const session = context.azure(connection);
  const registry = { id: left.registryId, hasRepositoryPermissions: false };
  const tasks = new ContainerRegistryTasks(session, registry);
  const taskRuns = new ContainerRegistryTaskRuns(session, registry);
  await endLeftBuild(left, tasks, taskRuns, context);
}

/** The same with its services handed in. */
export async function endLeftBuild(
  { runId, taskRun, since }: Partial<LeftBuild>,
  tasks: Pick<ContainerRegistryTasks, 'run' | 'cancel' | 'openRunsSince'>,
  taskRuns: Pick<ContainerRegistryTaskRuns, 'find' | 'forget'>,
  { log, clock, signal }: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<void> {
  if (since !== undefined) return nameOpenRuns(await tasks.openRunsSince(since, signal), log);
  const id = runId ?? (taskRun && (await findRun(taskRun, taskRuns, clock, signal)));
  if (!id) return;
  const { status } = await tasks.run(id, signal);
  if (!endedStatuses.includes(status)) {
    log.info(`The build ${id} was left behind (${status}): cancelling it.`);
    await tasks.cancel(id);
  }
  if (taskRun) await taskRuns.forget(taskRun.name);
}

async function findRun(
  { name, attempt }: TaskRunName,
  taskRuns: Pick<ContainerRegistryTaskRuns, 'find'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let look = 1; look <= looks; look++) {
    const named = await taskRuns.find(name, signal);
    if (named?.attempt === attempt && named.run) return named.run.runId;
    if (look < looks) await clock.sleep(pauseBetweenLooks, signal);
  }
  return undefined;
}

function nameOpenRuns(open: readonly string[], log: TaskLog): void {
  if (open.length === 0) return;
  log.warning(
    `The main step ended before it knew whether its build was scheduled. Open runs of the registry that began since: ${open.join(', ')}. One of them may be its build: look at it, and cancel it if it is.`,
  );
}
