import { followJob, NotCancelled, type JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { hasEnded } from '../common/azure/ml/jobs/follow/jobStatus';
import { studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { cancelJob } from './cancelJob';
import type { JobCost } from './cost/jobCost';
import type { TrainInputs } from './inputs';
import { leftJob } from './leftJob';
import { MetricsWatch } from './metricsWatch';
import type { Services } from './services';

type FollowInputs = Pick<TrainInputs, 'queueTimeoutInMinutes' | 'runTimeoutInMinutes' | 'maxCost' | 'logOfAllRanks'>;

/**
 * Follows the job to its end. Only the user cancels it, by cancelling the pipeline or by a limit of an input: where this step
 * gives up for another reason, the job runs on, and the step's next try takes it up.
 */
export async function followTraining(
  job: Job,
  inputs: FollowInputs,
  cost: JobCost,
  services: Services,
  context: TaskContext,
): Promise<JobEnd> {
  const left = leftJob(context.state);
  try {
    const end = await follow(job, inputs, cost, services, context);
    // One that was told to stop and has not ended yet is left to the post-job step.
    if (hasEnded(end.status) || end.stoppedBecause === undefined) left.settle();
    return end;
  } catch (error) {
    if (context.signal.aborted) {
      await cancelJob(job.name, services, context);
      throw error;
    }
    // The post-job step tells it to stop.
    if (error instanceof NotCancelled) throw error;
    left.settle();
    if (!(error instanceof TaskFailure)) throw error;
    throw new TaskFailure(`${error.message} ${runsOn(job)}`, undefined, { cause: error });
  }
}

/** What to do about a job that is not followed any more. */
export function runsOn(job: Job): string {
  const url = studioUrl(job);
  return `The job ${job.name} was not cancelled and may run on${url ? ` (${url})` : ''}. Run this step again, by "Rerun failed jobs": it then follows the job. Or cancel it in the studio.`;
}

function follow(
  job: Job,
  inputs: FollowInputs,
  cost: JobCost,
  services: Services,
  { log, clock, signal }: TaskContext,
): Promise<JobEnd> {
  const minutes = (value: number | undefined) => (value === undefined ? undefined : value * 60_000);
  const metrics = new MetricsWatch(services.tracking, job.name, log, clock, signal);
  const { computeId } = job.properties;
  const { maxCost } = inputs;
  const { jobs, history, transfer } = services;
  return followJob(
    job,
    {
      queueTimeout: minutes(inputs.queueTimeoutInMinutes),
      runTimeout: minutes(inputs.runTimeoutInMinutes),
      allRanks: inputs.logOfAllRanks,
    },
    {
      log,
      clock,
      signal,
      jobs,
      history,
      transfer,
      compute: computeId ? () => services.computeState(computeId) : undefined,
      watch: async (details, children) => {
        await Promise.allSettled([metrics.look(), cost.look(details, children)]);
      },
      costSoFar: () => cost.soFar(),
      overBudget: maxCost === undefined ? undefined : (pause) => cost.overBudget(maxCost, pause),
    },
  );
}
