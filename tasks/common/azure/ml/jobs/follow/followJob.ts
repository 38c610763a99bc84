import type { Clock } from '../../../../clock';
import type { TaskLog } from '../../../../log';
import { elapsed } from '../../../../elapsed';
import type { BlobTransfer } from '../../../storage/blobTransfer';
import { Outage } from '../../../http/outage';
import { ChildRuns } from './childRuns';
import { JobLog } from './jobLog';
import { hasEnded, isWaiting } from './jobStatus';
import type { Job, Jobs } from '../rest/jobs';
import { errorText, type RunDetails, type RunHistory } from './runHistory';

export interface FollowOptions {
  /** Milliseconds that the job may wait for its compute; undefined for ever. */
  readonly queueTimeout?: number;
  /** Milliseconds that the job may run, from when its code first ran; undefined for ever. */
  readonly runTimeout?: number;
  /** Shows the log of every process of a distributed job, not of the first alone. */
  readonly allRanks: boolean;
}

export interface FollowPorts {
  readonly log: TaskLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly jobs: Pick<Jobs, 'requestCancel'>;
  readonly history: Pick<RunHistory, 'details' | 'children'>;
  readonly transfer: Pick<BlobTransfer, 'readRange'>;
  /** Says how the compute stands that the job waits for; asked now and then, and left aside where it fails. */
  readonly compute?: () => Promise<string | undefined>;
  /** Called at each look at the running job, not too often; what it throws is not the job's fault and is left aside. */
  readonly watch?: (details: RunDetails) => Promise<void>;
}

/** How a job came to its end, or to where it goes no further. */
export interface JobEnd {
  readonly status: string;
  /** The service's own words on what went wrong. */
  readonly error?: string;
  readonly warnings: readonly string[];
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** The last lines that the job wrote. */
  readonly lastLines: readonly string[];
  /** Set where we cancelled the job because it took too long or did not respond. */
  readonly stoppedBecause?: string;
}

const minute = 60_000;
/** A job that does not respond may come back. */
const notRespondingGrace = 10 * minute;
/** Nothing is said for at most so long. */
const silence = 5 * minute;
/** The compute is asked for no more often. */
const computeInterval = minute;
/** A cancelled job gets so long to end. */
const cancelGrace = 5 * minute;

/**
 * Follows a job to its end: shows its log and status, watches its time, rides out passing faults. A look at the job adds
 * at most 2 % to the time that the run takes, so that short jobs are told at once and long ones cost few requests.
 * @throws the signal's reason when it is aborted; the job runs on then, and whoever aborted cancels it
 */
export async function followJob(job: Job, options: FollowOptions, ports: FollowPorts): Promise<JobEnd> {
  const { log, clock, signal } = ports;
  const output = new JobLog(log, ports.transfer, options.allRanks);
  const children = job.properties.jobType === 'Command' ? undefined : new ChildRuns(job.name, ports.history, output);
  const service = new Outage(log, clock);
  const storage = new Outage(log, clock);
  const cancelling = new Outage(log, clock);
  const begin = clock.now();
  const createdAt = Date.parse(job.systemData?.createdAt ?? '');
  const waitingSince = Math.min(begin, Number.isNaN(createdAt) ? begin : createdAt);
  let lastWord = begin;
  let shown = '';
  let details: RunDetails | undefined;
  let runningSince: number | undefined;
  let silentSince: number | undefined;
  let stopped: { because: string; askedAt?: number } | undefined;
  let lastLook = begin;
  let nextLook = 0;
  let compute: string | undefined;
  let nextCompute = 0;

  for (;;) {
    const now = clock.now();
    let wrote: boolean | undefined;
    if (now >= nextLook) {
      const answer = await service.ride(() => ports.history.details(job.name, signal));
      if (answer) {
        details = answer;
        output.know(job.name, details.logFiles ?? {});
        if (children) await service.ride(() => children.look(signal));
        // What the job wrote before it came to this status is shown before it.
        wrote = await storage.ride(() => output.readNew(signal));
        if (wrote) lastWord = clock.now();
        if (isWaiting(details.status) && ports.compute && clock.now() >= nextCompute) {
          compute = await ports.compute().catch(() => undefined);
          nextCompute = clock.now() + computeInterval;
        }
        const status = describe(details, compute);
        // A sign of life where a job is silent for long.
        if (status !== shown || clock.now() - lastWord > silence) {
          output.say(`${elapsed(clock.now() - begin)}  ${status}`);
          lastWord = clock.now();
        }
        shown = status;
        showProgress(log, children, status, clock.now() - begin);
        await ports.watch?.(details).catch(() => undefined);
      }
      lastLook = clock.now();
    } else {
      wrote = await storage.ride(() => output.readNew(signal));
      if (wrote) lastWord = clock.now();
    }
    nextLook = lastLook + lookInterval(clock.now() - begin, wrote === true);
    if (details && (hasEnded(details.status) || details.status === 'Paused')) break;

    const time = clock.now();
    if (details) {
      if (!isWaiting(details.status)) runningSince ??= startOf(details, time);
      silentSince = details.status === 'NotResponding' ? (silentSince ?? time) : undefined;
      const because = stopped ? undefined : tooLong(options, { time, waitingSince, runningSince, silentSince });
      if (because) {
        output.say(`${because} Cancelling the job.`);
        stopped = { because };
      }
      // Asked again until the service has answered: a job that nobody stops goes on costing money.
      if (stopped && stopped.askedAt === undefined) {
        const isAsked = await cancelling.ride(() => ports.jobs.requestCancel(job.name, signal).then(() => true));
        if (isAsked) {
          stopped.askedAt = time;
          nextLook = 0;
        }
      }
      if (stopped?.askedAt !== undefined && time - stopped.askedAt > cancelGrace) break;
    }
    await clock.sleep(Math.max(0, Math.min(nextLook - time, logInterval(time - begin))), signal);
  }

  // Now nothing may be missed: what cannot be read yet is tried until it can.
  await storage.insist(() => readRest(output, children, signal), signal);
  output.end();
  return {
    status: details.status,
    error: errorText(details.error?.error),
    warnings: (details.warnings ?? []).map(({ message }) => message ?? '').filter((message) => message !== ''),
    startedAt: details.startTimeUtc ?? undefined,
    endedAt: details.endTimeUtc ?? undefined,
    lastLines: output.lastLines,
    stoppedBecause: stopped?.because,
  };
}

/** How far the job is, as far as anyone can know: a sweep or pipeline by its runs that have ended. */
function showProgress(log: TaskLog, children: ChildRuns | undefined, status: string, elapsedMs: number): void {
  // Whole minutes: the page need not change more often.
  log.progress(children?.percentEnded ?? 0, `${status}, ${Math.floor(elapsedMs / minute)} min`);
}

async function readRest(output: JobLog, children: ChildRuns | undefined, signal: AbortSignal): Promise<void> {
  await children?.look(signal);
  await output.readNew(signal);
}

/** Whose log grows is running: then there is less to look for, and when it stops growing the next look is due. */
function lookInterval(elapsedMs: number, wrote: boolean): number {
  const interval = Math.min(30_000, Math.max(shortest(elapsedMs), elapsedMs * 0.02));
  return wrote && elapsedMs > 30_000 ? Math.max(15_000, interval) : interval;
}

/** The log alone is looked at more often: it is one small request to the storage account. */
function logInterval(elapsedMs: number): number {
  return Math.min(10_000, Math.max(shortest(elapsedMs), elapsedMs * 0.01));
}

/** One second in the first ten, as a job may be over soon; two from the twentieth on. */
function shortest(elapsedMs: number): number {
  return Math.min(2_000, Math.max(1_000, elapsedMs * 0.1));
}

function startOf(details: RunDetails, now: number): number {
  const start = Date.parse(details.startTimeUtc ?? '');
  return Number.isNaN(start) ? now : Math.min(start, now);
}

function tooLong(
  { queueTimeout, runTimeout }: FollowOptions,
  at: { time: number; waitingSince: number; runningSince?: number; silentSince?: number },
): string | undefined {
  if (at.silentSince !== undefined && at.time - at.silentSince > notRespondingGrace) {
    return `The job has not responded for ${notRespondingGrace / minute} minutes.`;
  }
  if (at.runningSince === undefined) {
    if (queueTimeout !== undefined && at.time - at.waitingSince > queueTimeout) {
      return `The job has waited for its compute for more than ${queueTimeout / minute} minutes (queueTimeoutInMinutes).`;
    }
  } else if (runTimeout !== undefined && at.time - at.runningSince > runTimeout) {
    return `The job has run for more than ${runTimeout / minute} minutes (runTimeoutInMinutes).`;
  }
  return undefined;
}

/**
 * "Queued for cpu-cluster: resizing, 0 of at most 2 nodes are there"
 * @param compute how the compute stands, where it could be asked; else the run's own tag says less
 */
function describe({ status, target, tags }: RunDetails, compute: string | undefined): string {
  if (!isWaiting(status)) return target ? `${status} on ${target}` : status;
  const state = compute ?? taggedState(tags?._aml_system_ComputeTargetStatus);
  return `${status}${target ? ` for ${target}` : ''}${state ? `: ${state}` : ''}`;
}

/** The compute's state as the service notes it on a run: {"AllocationState":"steady","PreparingNodeCount":0,"RunningNodeCount":1,"CurrentNodeCount":1}. */
function taggedState(json: string | undefined): string | undefined {
  if (!json) return undefined;
  try {
    const state = JSON.parse(json) as Record<string, string | number | null>;
    const count = (key: string, words: string) => (state[key] ? `${state[key]} ${words}` : undefined);
    const parts = [
      typeof state.AllocationState === 'string' ? state.AllocationState : undefined,
      typeof state.CurrentNodeCount === 'number' ? `${state.CurrentNodeCount} nodes are there` : undefined,
      count('RunningNodeCount', 'running'),
      count('PreparingNodeCount', 'being prepared'),
    ];
    return parts.filter((part) => part).join(', ') || undefined;
  } catch {
    return undefined;
  }
}
