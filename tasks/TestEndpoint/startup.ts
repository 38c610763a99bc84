import type { Clock } from '../common/clock';
import type { TaskLog } from '../common/log';
import { TaskFailure } from '../common/taskFailure';
import { shownUrl } from './requests/exchange';
import { NoReply, type HttpRequest, type ScoringClient } from './requests/scoringClient';

/** What happened until the service answered. */
export interface Startup {
  readonly seconds: number;
  /** How often each not-yet-ready answer came, e.g. { "503": 4, "ECONNREFUSED": 2 }. */
  readonly retries: Readonly<Record<string, number>>;
}

/** A gateway in front of a service that still starts says one of these. */
const notReady = [502, 503, 504];

/** However little of the limit is left, an answer gets so much time (milliseconds). */
const shortestAttempt = 1_000;

/**
 * Asks until the service answers anything but "not ready". Every retry is counted, so that a slow start is said, not hidden.
 * @param limit milliseconds
 * @throws TaskFailure when the time is over, with what came last
 */
export async function waitUntilReady(
  client: ScoringClient,
  request: HttpRequest,
  limit: number,
  { clock, log, signal }: { clock: Clock; log: TaskLog; signal: AbortSignal },
): Promise<Startup> {
  const started = clock.now();
  const retries: Record<string, number> = {};
  for (let pause = 250; ; pause = Math.min(pause * 1.5, 5_000)) {
    let met: string;
    let description: string;
    const left = started + limit - clock.now();
    try {
      const { status } = await client.send(request, signal, Math.max(left, shortestAttempt));
      if (!notReady.includes(status)) return { seconds: (clock.now() - started) / 1000, retries };
      met = String(status);
      description = `it answered ${status}`;
    } catch (error) {
      if (!(error instanceof NoReply)) throw error;
      met = error.code;
      description = error.message;
    }
    if (!(met in retries)) log.info(`Not ready yet: ${description}`);
    retries[met] = (retries[met] ?? 0) + 1;
    if (clock.now() - started + pause > limit) {
      throw new TaskFailure(
        `${shownUrl(request.url)} was not ready within ${limit / 1000} s (${counted(retries)}): ${description}`,
        'Look at the container group and its logs, check address and port, or raise startupTimeoutInSeconds.',
        { help: 'the-container-does-not-serve' },
      );
    }
    await clock.sleep(pause, signal);
  }
}

/** What the start was like, in a sentence. */
export function startupSentence({ seconds, retries }: Startup): string {
  return Object.keys(retries).length === 0
    ? 'The service was ready at the first request.'
    : `The service was ready after ${seconds.toFixed(1)} s; before that: ${counted(retries)}.`;
}

function counted(retries: Startup['retries']): string {
  return Object.entries(retries)
    .map(([what, times]) => `${times} × ${what}`)
    .join(', ');
}
