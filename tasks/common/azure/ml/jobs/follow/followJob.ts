import type { Clock } from '../../../../clock';
import type { TaskLog } from '../../../../log';
import { elapsed } from '../../../../elapsed';
import { TaskFailure } from '../../../../taskFailure';
import type { BlobTransfer } from '../../../storage/blobTransfer';
import { Outage } from '../../../http/outage';
import { ChildRuns, type SeenChild } from './childRuns';
import { JobLog } from './jobLog';
import { hasEnded, isWaiting } from './jobStatus';
import type { Job, Jobs } from '../rest/jobs';
import { lookInterval, logInterval, type Standing } from './rhythm';
import { errorText, type RunDetails, type RunHistory } from './runHistory';
import { messageOf } from '../../../../messageOf';

export interface FollowOptions {
  /** Milliseconds that the job may wait for its compute; undefined for ever. */
  readonly queueTimeout?: number;
  /** Milliseconds that the job may run, from when its code first ran; undefined for ever. */
  readonly runTimeout?: number;
  /** Shows the log of every process of a distributed job, not of the first only. */
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
  readonly watch?: (details: RunDetails, children: readonly SeenChild[]) => Promise<void>;
  /** What the job has cost by now, in a few words; undefined as long as there is nothing to say. */
  readonly costSoFar?: () => string | undefined;
  /**
   * Why the job must be cancelled for what it costs.
   * @param pause milliseconds until this is asked again
   */
  readonly overBudget?: (pause: number) => string | undefined;
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
  /** Set where the job went past a limit of the user's, for which it was cancelled. */
  readonly stoppedBecause?: string;
}

const minute = 60_000;
/** A job that does not respond may come back. After that it is left to its owner: nobody has set a limit that it went past. */
export const notRespondingGrace = 10 * minute;
/** Nothing is said for at most so long. */
const silence = 5 * minute;
/** What a job that writes all the time has cost is said no more often. */
const costInterval = 10 * minute;
/** Steps and trials that begin unseen spend money of a budget unseen: they are looked for this often. */
const budgetInterval = minute / 2;
/** The compute is asked for no more often. */
const computeInterval = minute;
/** A job whose nodes are there begins by itself in that time: nothing keeps it. */
const usualWait = 5_000;
/** A cancelled job gets so long to end. */
const cancelGrace = 5 * minute;

/**
 * Follows a job to its end: shows its log and status, watches its time, rides out passing faults. How often it asks, so that
 * short jobs are told at once and long ones cost few requests: rhythm.ts.
 * @throws the signal's reason when it is aborted; the job runs on then, and whoever aborted cancels it
 * @throws NotCancelled where the job went past a limit and could not be told to stop
 * @throws TaskFailure where the job could not be seen for too long: it is not known to have ended
 */
export async function followJob(job: Job, options: FollowOptions, ports: FollowPorts): Promise<JobEnd> {
  const follower = new Follower(job, options, ports);
  for (;;) {
    await follower.look();
    if (follower.isAtItsEnd) break;
    await follower.keepLimits();
    if (follower.isGivenUp) break;
    await follower.wait();
  }
  return follower.conclude();
}

/** The job went past a limit that the user had set, and nobody could tell it to stop. */
export class NotCancelled extends TaskFailure {}

class Follower {
  private readonly output: JobLog;
  private readonly children: ChildRuns | undefined;
  private readonly service: Outage;
  private readonly storage: Outage;
  private readonly cancelling: Outage;
  private readonly begin: number;
  private readonly waitingSince: number;
  private details: RunDetails | undefined;
  private shown = '';
  private lastWord: number;
  private lastCost: number;
  private lastLook: number;
  /** When the job last wrote a line, or came to another status. */
  private quietSince: number;
  private nextLook = 0;
  private compute: string | undefined;
  private nextCompute: number;
  private runningSince: number | undefined;
  private silentSince: number | undefined;
  private stopped: { readonly because: string; askedAt?: number } | undefined;

  constructor(
    private readonly job: Job,
    private readonly options: FollowOptions,
    private readonly ports: FollowPorts,
  ) {
    const { log, clock, history, transfer } = ports;
    this.output = new JobLog(log, transfer, options.allRanks);
    this.children = job.properties.jobType === 'Command' ? undefined : new ChildRuns(job.name, history, this.output);
    this.service = new Outage(log, clock, { follows: true });
    this.storage = new Outage(log, clock, { follows: true });
    this.cancelling = new Outage(log, clock, { follows: true });
    this.begin = this.lastWord = this.lastCost = this.lastLook = this.quietSince = clock.now();
    const createdAt = Date.parse(job.systemData?.createdAt ?? '');
    this.waitingSince = Math.min(this.begin, Number.isNaN(createdAt) ? this.begin : createdAt);
    this.nextCompute = this.waitingSince + usualWait;
  }

  get isAtItsEnd(): boolean {
    return this.details !== undefined && (hasEnded(this.details.status) || this.details.status === 'Paused');
  }

  /** It was told to stop and does not, or it has not responded for long. */
  get isGivenUp(): boolean {
    const now = this.ports.clock.now();
    if (this.stopped?.askedAt !== undefined && now - this.stopped.askedAt > cancelGrace) return true;
    return this.silentSince !== undefined && now - this.silentSince > notRespondingGrace;
  }

  /** Looks at the job where that is due, else only at its log. */
  async look(): Promise<void> {
    const { clock } = this.ports;
    const isDue = clock.now() >= this.nextLook;
    await (isDue ? this.lookAtJob() : this.readLog());
    if (isDue) this.lastLook = clock.now();
    const longest = this.children && this.ports.overBudget ? budgetInterval : Infinity;
    this.nextLook = this.lastLook + Math.min(longest, lookInterval(this.standing));
  }

  private get standing(): Standing {
    const now = this.ports.clock.now();
    const hasLog = this.output.isKnown && !this.isLogLost;
    return { followed: now - this.begin, quiet: now - this.quietSince, hasLog };
  }

  private async lookAtJob(): Promise<void> {
    const { clock, history, signal, watch } = this.ports;
    const details = await this.service.ride(() => history.details(this.job.name, signal));
    if (!details) return;
    if (details.status !== this.details?.status) this.quietSince = clock.now();
    this.details = details;
    this.output.know(this.job.name, details.logFiles ?? {});
    const { children } = this;
    if (children) await this.service.ride(() => children.look(signal));
    // What the job wrote before it came to this status is shown before it.
    await this.readLog();
    await this.askCompute(details);
    this.tell(details);
    await watch?.(details, children?.seen ?? []).catch(() => undefined);
  }

  private async readLog(): Promise<void> {
    const { clock, log, signal } = this.ports;
    if (this.isLogLost) return;
    try {
      const wrote = await this.storage.ride(() => this.output.readNew(signal));
      if (wrote) this.lastWord = this.quietSince = clock.now();
    } catch (error) {
      if (signal.aborted) throw error;
      // A pity, but the job goes on, and so do we.
      this.isLogLost = true;
      log.warning(`The job's log is not shown any more; the studio has it. ${messageOf(error)}`);
    }
  }

  private isLogLost = false;

  private async askCompute({ status }: RunDetails): Promise<void> {
    const { clock, compute } = this.ports;
    if (!compute || !isWaiting(status) || clock.now() < this.nextCompute) return;
    this.compute = await compute().catch(() => undefined);
    this.nextCompute = clock.now() + computeInterval;
  }

  private tell(details: RunDetails): void {
    const { clock, log, costSoFar } = this.ports;
    const status = describe(details, this.compute);
    const cost = costSoFar?.();
    const now = clock.now();
    // A sign of life where a job is silent for long.
    const isDue = now - this.lastWord > silence || (cost !== undefined && now - this.lastCost > costInterval);
    if (status !== this.shown || isDue) {
      this.output.say(`${elapsed(now - this.begin)}  ${status}${cost ? `, ${cost}` : ''}`);
      this.lastWord = this.lastCost = now;
    }
    this.shown = status;
    showProgress(log, this.children, cost ? `${status}, ${cost}` : status, now - this.begin);
  }

  /** Tells a job to stop that has gone past a limit of the user's: again until the service has answered, since it costs money. */
  async keepLimits(): Promise<void> {
    const { details, options, waitingSince } = this;
    const { clock, jobs, signal } = this.ports;
    const time = clock.now();
    if (!details) return;
    if (!isWaiting(details.status)) this.runningSince ??= startOf(details, time);
    this.silentSince = details.status === 'NotResponding' ? (this.silentSince ?? time) : undefined;
    if (!this.stopped) {
      const because =
        tooLong(options, { time, waitingSince, runningSince: this.runningSince }) ??
        this.ports.overBudget?.(this.pause());
      if (!because) return;
      this.output.say(`${because} Cancelling the job.`);
      this.stopped = { because };
    }
    if (this.stopped.askedAt !== undefined) return;
    const isAsked = await this.cancelling
      .ride(() => jobs.requestCancel(this.job.name, signal).then(() => true))
      .catch((error: unknown) => {
        if (!(error instanceof TaskFailure)) throw error;
        throw new NotCancelled(`${this.stopped!.because} ${error.message}`, undefined, { cause: error });
      });
    if (!isAsked) return;
    this.stopped.askedAt = this.quietSince = time;
    this.nextLook = 0;
  }

  async wait(): Promise<void> {
    const { clock, signal } = this.ports;
    await clock.sleep(this.pause(), signal);
  }

  /** Milliseconds until there is something to look at again. */
  private pause(): number {
    return Math.max(0, Math.min(this.nextLook - this.ports.clock.now(), logInterval(this.standing)));
  }

  async conclude(): Promise<JobEnd> {
    await this.readRest();
    this.output.end();
    const { status = 'Unknown', error, warnings, startTimeUtc, endTimeUtc } = this.details ?? {};
    return {
      status,
      error: errorText(error?.error),
      warnings: (warnings ?? []).map(({ message }) => message ?? '').filter((message) => message !== ''),
      startedAt: startTimeUtc ?? undefined,
      endedAt: endTimeUtc ?? undefined,
      lastLines: this.output.lastLines,
      stoppedBecause: this.stopped?.because,
    };
  }

  /** Now nothing may be missed: what cannot be read yet is tried until it can. What never can does not change how the job ended. */
  private async readRest(): Promise<void> {
    const { log, signal } = this.ports;
    if (this.isLogLost) return;
    try {
      await this.storage.insist(async () => {
        await this.children?.look(signal);
        await this.output.readNew(signal);
      }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warning(`The end of the job's log could not be read; the studio has it. ${messageOf(error)}`);
    }
  }
}

/** How far the job is, as far as anyone can know: a sweep or pipeline by its runs that have ended. */
function showProgress(log: TaskLog, children: ChildRuns | undefined, status: string, elapsedMs: number): void {
  // Whole minutes: the page need not change more often.
  log.progress(children?.percentEnded ?? 0, `${status}, ${Math.floor(elapsedMs / minute)} min`);
}

function startOf(details: RunDetails, now: number): number {
  const start = Date.parse(details.startTimeUtc ?? '');
  return Number.isNaN(start) ? now : Math.min(start, now);
}

function tooLong(
  { queueTimeout, runTimeout }: FollowOptions,
  at: { time: number; waitingSince: number; runningSince?: number },
): string | undefined {
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
