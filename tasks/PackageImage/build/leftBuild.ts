import { ContainerRegistryTasks, endedStatuses } from '../../common/azure/registry/containerRegistryTasks';
import type { PostJobInputs } from '../../common/task/postJobInputs';
import type { TaskContext, TaskState } from '../../common/task/taskContext';

/** A build in the cloud that must not run on without this task. */
interface LeftBuild {
  /** ARM id. */
  readonly registryId: string;
  readonly runId: string;
}

/** A build that was asked for, and whose run is not known by its id yet. */
interface LeftScheduling {
  readonly registryId: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const key = 'imageBuild';

/** Called as soon as a run is known by its id, so that the post-job step knows of it whatever happens then. */
export function leaveBuild(state: TaskState, build: LeftBuild): void {
  state.set(key, JSON.stringify(build));
}

/** Called before a build is asked for: the answer may never come. */
export function leaveScheduling(state: TaskState, scheduling: LeftScheduling): void {
  state.set(key, JSON.stringify(scheduling));
}

/** Called when the run has ended, or was told to. */
export function settleBuild(state: TaskState): void {
  state.set(key, '{}');
}

/**
 * Cancels the build of a main step that did not see it to its end: the signal did not reach it (container jobs), it was
 * killed, or it lost the connection. A build that has ended is left alone.
 */
export async function cancelLeftBuild({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const { registryId, runId, since } = JSON.parse(context.state.get(key) ?? '{}') as Partial<
    LeftBuild & LeftScheduling
  >;
  if (!registryId) return;
  const tasks = new ContainerRegistryTasks(context.azure(connection), {
    id: registryId,
    hasRepositoryPermissions: false,
  });
  if (!runId) {
    const open = since === undefined ? [] : await tasks.openRunsSince(since, context.signal);
    if (open.length > 0)
      context.log.warning(
        `The main step ended before it knew whether its build was scheduled. Open runs of the registry that began since: ${open.join(', ')}. One of them may be its build: look at it, and cancel it if it is.`,
      );
    return;
  }
  const { status } = await tasks.run(runId, context.signal);
  if (endedStatuses.includes(status)) return;
  context.log.info(`The build ${runId} was left behind (${status}): cancelling it.`);
  await tasks.cancel(runId);
}
