import type { Clock } from '../../../clock';
import type { TaskLog } from '../../../log';
import { believedAbsence } from '../../http/believedAbsence';
import { Outage } from '../../http/outage';
import type { AzureSession } from '../../http/session';
import { Workspace } from '../workspace';
import { hasEnded } from './follow/jobStatus';
import { Jobs } from './rest/jobs';

export interface LeftJobs {
  readonly resourceGroup: string;
  readonly workspace: string;
  readonly names: readonly string[];
}

/** For a post-job step: it holds up the end of the pipeline's job no longer than this. */
const patience = 5 * 60_000;

/** Cancels the jobs that run still. */
export async function cancelLeft(
  { resourceGroup, workspace, names }: LeftJobs,
  session: AzureSession,
  { log, clock, signal }: { log: TaskLog; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const jobs = new Jobs(new Workspace(session, resourceGroup, workspace));
  const outage = new Outage(log, clock, { deadline: clock.now() + patience, follows: true });
  for (const name of names) {
    const look = () => outage.insist(() => jobs.find(name, signal), signal);
    const job = await believedAbsence(look, clock, signal);
    if (!job || hasEnded(job.properties.status) || job.properties.status === 'CancelRequested') continue;
    log.info(`The job ${name} was left behind (${job.properties.status}): cancelling it.`);
    await outage.insist(() => jobs.requestCancel(name, signal), signal);
  }
}
