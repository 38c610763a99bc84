import { hasEnded } from '../common/azure/ml/jobs/follow/jobStatus';
import { Jobs } from '../common/azure/ml/jobs/rest/jobs';
import { Workspace } from '../common/azure/ml/workspace';
import type { PostJobInputs } from '../common/task/postJobInputs';
import type { TaskContext } from '../common/task/taskContext';
import { leftJob } from './jobState';

/**
 * Cancels the job of a main step that did not see it to its end: the signal did not reach it (container jobs) or it was
 * killed. A job that has ended, or that was meant to run on, is left alone.
 */
export async function cancelLeftJob({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const left = leftJob(context.state);
  if (!left) return;
  const jobs = new Jobs(new Workspace(context.azure(connection), left.resourceGroup, left.workspace));
  const job = await jobs.find(left.name, context.signal);
  if (!job || hasEnded(job.properties.status) || job.properties.status === 'CancelRequested') return;
  context.log.info(`The job ${left.name} was left behind (${job.properties.status}): cancelling it.`);
  await jobs.requestCancel(left.name, context.signal);
}
