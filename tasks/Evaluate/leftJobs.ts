import { hasEnded } from '../common/azure/ml/jobs/follow/jobStatus';
import { Jobs } from '../common/azure/ml/jobs/rest/jobs';
import { Workspace } from '../common/azure/ml/workspace';
import type { PostJobInputs } from '../common/task/postJobInputs';
import type { TaskContext, TaskState } from '../common/task/taskContext';

/** The evaluation jobs that must not run on without this task. */
export interface LeftJobs {
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly names: readonly string[];
}

const key = 'evaluationJobs';

/** Called before a job is created and when all have ended, so that the post-job step knows what runs, whatever happens. */
export function leaveJobs(state: TaskState, jobs: LeftJobs): void {
  state.set(key, JSON.stringify(jobs));
}

/**
 * Cancels what a main step did not see to its end: the signal did not reach it (container jobs) or it was killed. Jobs
 * that have ended are left alone.
 */
export async function cancelLeftJobs({ connection }: PostJobInputs, context: TaskContext): Promise<void> {
  const { resourceGroup, workspace, names = [] } = JSON.parse(context.state.get(key) ?? '{}') as Partial<LeftJobs>;
  if (!resourceGroup || !workspace || names.length === 0) return;
  const jobs = new Jobs(new Workspace(context.azure(connection), resourceGroup, workspace));
  for (const name of names) {
    const job = await jobs.find(name, context.signal);
    if (!job || hasEnded(job.properties.status) || job.properties.status === 'CancelRequested') continue;
    context.log.info(`The job ${name} was left behind (${job.properties.status}): cancelling it.`);
    await jobs.requestCancel(name, context.signal);
  }
}
