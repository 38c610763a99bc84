import type { Clock } from '../../../clock';
import type { TaskLog } from '../../../log';
import { believedAbsence } from '../../http/believedAbsence';
import { Outage } from '../../http/outage';
import type { AzureSession } from '../../http/session';
import { TaskFailure } from '../../../taskFailure';
import { Workspace } from '../workspace';
import { hasEnded } from './follow/jobStatus';
import { Jobs } from './rest/jobs';

export interface LeftJobs {
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly names: readonly string[];
  /** Those of them that Azure has confirmed; of the others it is not known whether they were started. */
  readonly confirmed: readonly string[];
}

/** For a post-job step: it holds up the end of the pipeline's job no longer than this. */
const patience = 5 * 60_000;

interface Surroundings {
  readonly log: TaskLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Cancels the jobs that run still. */
export async function cancelLeft(left: LeftJobs, session: AzureSession, surroundings: Surroundings): Promise<void> {
  await cancelJobs(left, new Jobs(new Workspace(session, left.resourceGroup, left.workspace)), surroundings);
}

/**
 * The same with the service handed in.
 * @throws TaskFailure that names each job which may run on: that one cannot be cancelled keeps no other from being so
 */
export async function cancelJobs(
  { names, confirmed, workspace }: Pick<LeftJobs, 'names' | 'confirmed' | 'workspace'>,
  jobs: Pick<Jobs, 'find' | 'requestCancel'>,
  surroundings: Surroundings,
): Promise<void> {
  const reasons = await Promise.all(
    names.map((name) =>
      cancelJob(name, confirmed.includes(name), jobs, surroundings).catch((error: unknown) => {
        if (!(error instanceof TaskFailure)) throw error;
        return error.message;
      }),
    ),
  );
  const lost = names.filter((_name, index) => reasons[index] !== undefined);
  if (lost.length === 0) return;
  const first = reasons.find((reason) => reason !== undefined);
  throw new TaskFailure(
    `The ${lost.length === 1 ? 'job' : 'jobs'} ${lost.join(' and ')} of the workspace ${workspace} may run on: ${first}`,
    'Look in Azure Machine Learning studio, and cancel what runs.',
  );
}

/** @returns why the job may run on; undefined where it does not */
async function cancelJob(
  name: string,
  isConfirmed: boolean,
  jobs: Pick<Jobs, 'find' | 'requestCancel'>,
  { log, clock, signal }: Surroundings,
): Promise<string | undefined> {
  const outage = new Outage(log, clock, { deadline: clock.now() + patience, follows: true });
  const look = () => outage.insist(() => jobs.find(name, signal), signal);
  const job = await believedAbsence(look, clock, signal);
  if (!job && isConfirmed) return 'Azure says that it is not there, though this step started it.';
  if (!job || hasEnded(job.properties.status) || job.properties.status === 'CancelRequested') return undefined;
  log.info(`The job ${name} was left behind (${job.properties.status}): cancelling it.`);
  await outage.insist(() => jobs.requestCancel(name, signal), signal);
  return undefined;
}
