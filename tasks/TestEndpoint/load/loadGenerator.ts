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
  readonly durationMs: number;
  /** Sent before, and not counted. */
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
    method: method as Dispatcher.HttpMethod,
    headers: Object.entries(headers).flat(),
    body: body ?? null,
  }));
  const clients = Array.from({ length: plan.connections }, open);
  try {
    if (plan.warmUpMs > 0) {
      await new Loop(prepared, clients, { ...plan, durationMs: plan.warmUpMs }, signal, () => {}).run();
    }
    const before = performance.eventLoopUtilization();
    const loop = new Loop(prepared, clients, plan, signal, onSecond);
    const seconds = await loop.run();
    return {
      latencies: loop.latencies,
      seconds,
      utilization: performance.eventLoopUtilization(before).utilization,
    };
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

class Loop {
  readonly latencies = new Latencies();
  private readonly connections: readonly Connection[];
  private readonly idle: Connection[];
  private start = 0;
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

  /** @returns the seconds over which was measured */
  async run(): Promise<number> {
    this.signal.throwIfAborted();
    const done = new Promise<void>((resolve) => (this.finished = resolve));
    const everySecond = setInterval(
      () => this.onSecond(Math.round((performance.now() - this.start) / 1000), this.latencies.requests),
      1000,
    );
    this.signal.addEventListener('abort', this.finished, { once: true });
    this.start = performance.now();
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
    for (let index = this.sent; index < this.due; index++)
      this.latencies.record(stopped - this.dueTime(index), 'not sent');
    for (const { isBusy, since } of this.connections) if (isBusy) this.latencies.record(stopped - since, 'no answer');
    return (Math.max(stopped, this.end) - this.start) / 1000;
  }

  private readonly answered: Finished = (connection, error) => {
    if (this.isOver) return;
    const now = performance.now();
    this.inFlight--;
    this.latencies.record(now - connection.since, error);
    if (this.plan.rate === undefined) {
      if (now < this.end) return this.send(connection, now);
    } else {
      if (this.sent < this.due) return this.send(connection, this.dueTime(this.sent++));
      this.idle.push(connection);
      if (this.due < this.total) return;
    }
    if (this.inFlight === 0) this.finished();
  };

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
    while (this.idle.length > 0 && this.sent < this.due) this.send(this.idle.pop()!, this.dueTime(this.sent++));
    if (this.due >= total) {
      if (this.inFlight === 0 && this.sent === this.due) this.finished();
      return;
    }
    // A timer wakes a millisecond late; below that only turning the event loop is exact.
    const wait = this.dueTime(this.due) - performance.now();
    if (wait > 2) setTimeout(this.tick, wait - 1.5);
    else setImmediate(this.tick);
  };
}
