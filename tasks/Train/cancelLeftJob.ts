import { cancelLeft } from '../common/azure/ml/jobs/cancelLeft';
import type { PostJobInputs } from '../common/task/postJobInputs';
import type { TaskContext } from '../common/task/taskContext';
import { leftJob } from './leftJob';

/**
 * Cancels the job of a main step that did not see it to its end: the signal did not reach it (container jobs) or it was
 * killed. A job that has ended, or that was meant to run on, is left alone.
 */
export async function cancelLeftJob({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const left = leftJob(context.state).read();
  if (!left) return;
  const names = [left.name];
  await cancelLeft({ ...left, names, confirmed: left.isConfirmed ? names : [] }, context.azure(connection), context);
}
