import { cancelLeft, type LeftJobs } from '../common/azure/ml/jobs/cancelLeft';
import { leftWork, type LeftWork } from '../common/task/leftWork';
import type { PostJobInputs } from '../common/task/postJobInputs';
import type { TaskContext, TaskState } from '../common/task/taskContext';

/** The evaluation jobs that must not run on without this task. */
export function leftJobs(state: TaskState): LeftWork<LeftJobs> {
  return leftWork(state, 'evaluationJobs');
}

/**
 * Cancels what a main step did not see to its end: the signal did not reach it (container jobs) or it was killed. Jobs
 * that have ended are left alone.
 */
export async function cancelLeftJobs({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const left = leftJobs(context.state).read();
  if (left) await cancelLeft(left, context.azure(connection), context);
}
