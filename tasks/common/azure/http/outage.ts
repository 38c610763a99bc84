import type { Clock } from '../../clock';
import { elapsed } from '../../elapsed';
import type { TaskLog } from '../../log';
import { TaskFailure } from '../../taskFailure';
import { AzureFailure } from './azureFailure';

/** A service may be out of reach for so long before we give up on it. */
const longestOutage = 30 * 60_000;
/** Of what runs in Azure one may be told for so long that it is not there, or that one may not see it. */
const longestOddness = 5 * 60_000;

export interface OutageOptions {
  /** Milliseconds since the epoch: whoever has no half an hour gives up then. */
  readonly deadline?: number;
  /**
   * For work that is followed: a refusal (401, 403, 404, 409 …) is no end either, for some minutes. Its end is what the service
   * says of it, and a service that has just been asked to begin may not know of it yet, or be asked by a permission that ended.
   */
  readonly follows?: boolean;
}

/** Rides out the faults of one service that pass by themselves: says once that there is one, and once that it is over. */
export class Outage {
  private since: number | undefined;
  private oddSince: number | undefined;

  constructor(
    private readonly log: TaskLog,
    private readonly clock: Clock,
    private readonly options: OutageOptions = {},
  ) {}

  /**
   * Makes one call.
   * @returns undefined where it met a fault that may pass
   * @throws any other error, and TaskFailure where the fault has lasted for too long
   */
  async ride<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await call();
      if (this.since !== undefined) {
        this.log.info(`Azure answers again, after ${elapsed(this.clock.now() - this.since)}.`);
        this.since = this.oddSince = undefined;
      }
      return result;
    } catch (error) {
      if (!(error instanceof AzureFailure)) throw error;
      const isOdd = !mayPass(error);
      if (isOdd && !this.options.follows) throw error;
      this.note(error, isOdd);
      return undefined;
    }
  }

  /** Makes the call again until it is answered. It must be one that may be repeated. */
  async insist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let wait = 2_000; ; wait = Math.min(30_000, wait * 2)) {
      const answer = await this.ride(async () => ({ value: await call() }));
      if (answer) return answer.value;
      await this.clock.sleep(wait, signal);
    }
  }

  private note(error: AzureFailure, isOdd: boolean): void {
    const now = this.clock.now();
    if (this.since === undefined) {
      this.since = now;
      this.log.info(`${error.message} Trying again until Azure answers.`);
    }
    this.oddSince = isOdd ? (this.oddSince ?? now) : undefined;
    const isOver = now - this.since > longestOutage || now >= (this.options.deadline ?? Infinity);
    if (this.oddSince !== undefined && now - this.oddSince > longestOddness) {
      const text = `Azure has answered so for ${elapsed(now - this.oddSince)}: ${error.message}`;
      throw new TaskFailure(text, undefined, { cause: error });
    }
    if (isOver) {
      const text = `Azure has been out of reach for ${elapsed(now - this.since)}: ${error.message}`;
      throw new TaskFailure(text, undefined, { cause: error, help: 'azure-cannot-be-reached' });
    }
  }
}

/** No answer at all, too many requests, or the service's own fault. */
function mayPass({ status }: AzureFailure): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500;
}
