import { performance } from 'node:perf_hooks';
import sinon from 'sinon';
import type { Dispatcher } from 'undici';

/** A turn of the event loop takes so long (milliseconds). */
const turn = 0.02;

/**
 * Time that passes only by what is waited for, so that a load test is the same in every run on every machine: timers fire
 * at their moment, and each turn of the event loop takes the same time.
 */
export class VirtualTime {
  now = 0;
  private readonly timers = new Map<number, { at: number; every?: number; act: () => void }>();
  private nextTimer = 1;
  private immediates: Array<() => void> = [];

  install(): void {
    const real = setImmediate;
    sinon.replace(performance, 'now', () => this.now);
    const replace = (
      name: 'setTimeout' | 'setInterval' | 'setImmediate' | 'clearTimeout' | 'clearInterval',
      by: unknown,
    ) => sinon.replace(globalThis, name, by as never);
    replace('setTimeout', (act: () => void, wait: number) => this.at(this.now + wait, act));
    replace('setInterval', (act: () => void, wait: number) => this.at(this.now + wait, act, wait));
    replace('setImmediate', (act: () => void) => void this.immediates.push(act));
    replace('clearTimeout', (id: number) => this.timers.delete(id));
    replace('clearInterval', (id: number) => this.timers.delete(id));
    this.yield = () => new Promise((resolve) => real(resolve));
  }

  /** Lets promises settle. */
  private yield!: () => Promise<void>;

  at(moment: number, act: () => void, every?: number): number {
    this.timers.set(this.nextTimer, { at: moment, act, every });
    return this.nextTimer++;
  }

  /** Lets time pass until the promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => (settled = true);
    promise.then(end, end);
    await this.yield();
    for (let count = 1; !settled; count++) {
      this.step();
      // What follows from the step, before time goes on; now and then what needs a turn of the real event loop.
      await Promise.resolve();
      await Promise.resolve();
      if (count % 500 === 0) await this.yield();
    }
    return promise;
  }

  private step(): void {
    const [id, next] = [...this.timers].reduce<[number, { at: number; every?: number; act: () => void } | undefined]>(
      (first, each) => (first[1] && first[1].at <= each[1].at ? first : each),
      [0, undefined],
    );
    if (this.immediates.length > 0 && !(next && next.at <= this.now + turn)) {
      this.now += turn;
      const due = this.immediates;
      this.immediates = [];
      for (const act of due) act();
      return;
    }
    if (!next) return;
    this.now = Math.max(this.now, next.at);
    if (next.every === undefined) this.timers.delete(id);
    else next.at += next.every;
    next.act();
  }
}

type Inner = { onConnect(): void; onHeaders(status: number): void; onComplete(): void; onError(error: Error): void };

/** A service as the load generator sees it: request number n, sent at a moment, is answered at another one with a status; Infinity is never. */
export function service(
  time: VirtualTime,
  answer: (n: number, sentAt: number) => { at: number; status?: number },
): { connection: () => Dispatcher; readonly requests: number } {
  let requests = 0;
  return {
    get requests() {
      return requests;
    },
    connection: () => {
      const open = new Set<Inner>();
      return {
        dispatch: (_options: unknown, handler: Inner) => {
          const { at, status = 200 } = answer(requests++, time.now);
          open.add(handler);
          if (at === Infinity) return true;
          time.at(at, () => {
            if (!open.delete(handler)) return;
            handler.onHeaders(status);
            handler.onComplete();
          });
          return true;
        },
        destroy: () => {
          for (const each of open) each.onError(Object.assign(new Error('destroyed'), { code: 'UND_ERR_DESTROYED' }));
          return Promise.resolve();
        },
      } as unknown as Dispatcher;
    },
  };
}
