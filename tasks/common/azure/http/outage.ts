import type { Clock } from '../../clock';
import { elapsed } from '../../elapsed';
import type { TaskLog } from '../../log';
import { TaskFailure } from '../../taskFailure';
import { AzureFailure } from './azureFailure';

/** A service may be out of reach for so long before we give up on it. */
const limit = 30 * 60_000;

/** Rides out the faults of one service that pass by themselves: says once that there is one, and once that it is over. */
export class Outage {
  private since: number | undefined;

  constructor(
    private readonly log: TaskLog,
    private readonly clock: Clock,
    /** Milliseconds since the epoch: whoever has no half an hour gives up then. */
    private readonly deadline = Infinity,
  ) {}

  /**
   * Makes one call.
   * @returns undefined where it met a fault that may pass
   * @throws any other error, and TaskFailure where the service has been out of reach for too long
   */
  async ride<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await call();
      if (this.since !== undefined) {
        this.log.info(`Azure answers again, after ${elapsed(this.clock.now() - this.since)}.`);
        this.since = undefined;
      }
      return result;
    } catch (error) {
      if (!mayPass(error)) throw error;
      const now = this.clock.now();
      if (this.since === undefined) {
        this.since = now;
        this.log.info(`${error.message} Trying again until Azure answers.`);
      }
      if (now - this.since > limit || now >= this.deadline) {
        const text = `Azure has been out of reach for ${elapsed(now - this.since)}: ${error.message}`;
        throw new TaskFailure(text, undefined, { cause: error });
      }
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
}

/** No answer at all, too many requests, or the service's own fault. */
function mayPass(error: unknown): error is AzureFailure {
  if (!(error instanceof AzureFailure)) return false;
  return error.status === undefined || error.status === 408 || error.status === 429 || error.status >= 500;
}
