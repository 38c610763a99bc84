import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import type { HttpRequest } from '../requests/scoringClient';
import { Connection, type Finished } from './connection';
import { Latencies } from './latencies';

export interface LoadPlan {
  /** Sent in turn; all of one origin. */
  readonly requests: readonly HttpRequest[];
  readonly connections: number;
  /** Requests a second, at a constant rate (open loop); undefined sends as fast as answers come (closed loop). */
  readonly rate?: number;
  /** From the first request to the last; nothing is sent after it. */
  readonly durationMs: number;
  /** So much of the duration, at its beginning, is not counted. */
  readonly warmUpMs: number;
  /** How long after the end the last answers are waited for. */
  readonly drainMs: number;
}

export interface LoadResult {
  readonly latencies: Latencies;
  readonly seconds: number;
  /** How busy this process was, 0 to 1: near 1 the generator itself was the limit, not the service. */
  readonly utilization: number;
}

/**
 * Loads a service and measures the latency of each request.
 *
 * Closed loop: each connection sends its next request when its answer is in. Such a loop waits with a service that stalls,
 * and so hides the stall from its percentiles ("coordinated omission", Gil Tene). With `rate` the requests are due at
 * fixed times instead, and latency counts from the moment at which a request was due, whether or not a connection was free.
 * @param open makes a client for one connection
 * @param onSecond told each second: seconds passed and requests answered so far
 */
export async function generateLoad(
  plan: LoadPlan,
  open: () => Dispatcher,
  signal: AbortSignal,
  onSecond: (seconds: number, requests: number) => void = () => {},
): Promise<LoadResult> {
  const prepared = plan.requests.map(({ url, method, headers, body }) => ({
    path: `${url.pathname}${url.search}`,
    origin: url.origin,
    method: method,
    headers: Object.entries(headers).flat(),
    body: body ?? null,
  }));
  const clients = Array.from({ length: plan.connections }, open);
  try {
    const before = performance.eventLoopUtilization();
    const loop = new Loop(prepared, clients, plan, signal, onSecond);
    const measured = await loop.run();
    return {
      ...measured,
      utilization: performance.eventLoopUtilization(before).utilization,
    };
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

class Loop {
  private readonly latencies = new Latencies();
  /** Of the warm-up: not counted, unless the service is so slow that nothing began after it. */
  private readonly early = new Latencies();
  private readonly connections: readonly Connection[];
  private readonly idle: Connection[];
  private start = 0;
  /** What is sent, or due, before is not counted. */
  private counted = 0;
  private end = 0;
  /** Open loop: requests that were due so far, and those of them that were sent. */
  private due = 0;
  private sent = 0;
  private nextRequest = 0;
  private inFlight = 0;
  private isOver = false;
  private finished!: () => void;

  constructor(
    private readonly requests: readonly Dispatcher.DispatchOptions[],
    clients: readonly Dispatcher[],
    private readonly plan: LoadPlan,
    private readonly signal: AbortSignal,
    private readonly onSecond: (seconds: number, requests: number) => void,
  ) {
    this.connections = clients.map((client) => new Connection(client, this.answered));
    this.idle = [...this.connections];
  }

  /** @returns latencies, and the seconds over which was measured */
  async run(): Promise<Pick<LoadResult, 'latencies' | 'seconds'>> {
    this.signal.throwIfAborted();
    const done = new Promise<void>((resolve) => (this.finished = resolve));
    const everySecond = setInterval(
      () => this.onSecond(Math.round((performance.now() - this.start) / 1000), this.latencies.requests),
      1000,
    );
    this.signal.addEventListener('abort', this.finished, { once: true });
    this.start = performance.now();
    this.counted = this.start + this.plan.warmUpMs;
    this.end = this.start + this.plan.durationMs;
    const giveUp = setTimeout(this.finished, this.plan.durationMs + this.plan.drainMs);
    if (this.plan.rate === undefined)
      for (const connection of this.idle.splice(0)) this.send(connection, performance.now());
    else this.tick();
    await done;
    // What comes in from now on, when the connections are closed for one, is counted below already.
    this.isOver = true;
    clearInterval(everySecond);
    clearTimeout(giveUp);
    this.signal.removeEventListener('abort', this.finished);
    this.signal.throwIfAborted();
    const stopped = performance.now();
    // What was due but never sent, or never answered, did not go well: leaving it out would flatter the service.
    this.dropEarly(stopped);
    for (let index = this.sent; index < this.due; index++)
      this.latencies.record(stopped - this.dueTime(index), 'not sent');
    for (const { isBusy, since } of this.connections) if (isBusy) this.latencies.record(stopped - since, 'no answer');
    const end = Math.max(stopped, this.end);
    if (this.latencies.requests === 0) return { latencies: this.early, seconds: (end - this.start) / 1000 };
    return { latencies: this.latencies, seconds: (end - this.counted) / 1000 };
  }

  private readonly answered: Finished = (connection, error) => {
    if (this.isOver) return;
    const now = performance.now();
    this.inFlight--;
    (connection.since >= this.counted ? this.latencies : this.early).record(now - connection.since, error);
    this.dropEarly(now);
    if (now < this.end) {
      if (this.plan.rate === undefined) return this.send(connection, now);
      if (this.sent < this.due) return this.send(connection, this.dueTime(this.sent++));
      this.idle.push(connection);
      if (this.due < this.total) return;
    }
    if (this.inFlight === 0) this.finished();
  };

  /** Open loop: what was due in the warm-up and found no connection is not sent after it, where it would delay what counts. */
  private dropEarly(now: number): void {
    if (this.plan.rate === undefined || now < this.counted) return;
    const first = Math.ceil((this.plan.warmUpMs * this.plan.rate) / 1000);
    this.sent = Math.max(this.sent, Math.min(first, this.due));
  }

  private send(connection: Connection, since: number): void {
    this.inFlight++;
    connection.send(this.requests[this.nextRequest]!, since);
    this.nextRequest = (this.nextRequest + 1) % this.requests.length;
  }

  /** Open loop: requests that are due until the end. */
  private get total(): number {
    return Math.floor((this.plan.durationMs * this.plan.rate!) / 1000);
  }

  /** The moment at which request number `index` is due. */
  private dueTime(index: number): number {
    return this.start + (index * 1000) / this.plan.rate!;
  }

  private readonly tick = (): void => {
    if (this.isOver) return;
    const now = performance.now();
    const { total } = this;
    while (this.due < total && this.dueTime(this.due) <= now) this.due++;
    this.dropEarly(now);
    while (now < this.end && this.idle.length > 0 && this.sent < this.due)
      this.send(this.idle.pop()!, this.dueTime(this.sent++));
    if (this.due >= total) {
      if (this.inFlight === 0) this.finished();
      return;
    }
    // A timer wakes a millisecond late; below that only turning the event loop is exact.
    const wait = this.dueTime(this.due) - performance.now();
    if (wait > 2) setTimeout(this.tick, wait - 1.5);
    else setImmediate(this.tick);
  };
}
