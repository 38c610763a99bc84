import * as fs from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Uncertainty } from '../../common/criteria/verdict';
import { surenessOfCriterion, type Question } from './criterionSureness';
import { readPart, type PartAnswer, type PartOrder } from './partReader';

/** Who reads parts of files and judges criteria: this thread, or as many as there are processors. What comes out is the same. */
export interface Crew {
  /** Numbers that all of the crew see. */
  numbers(count: number): Float64Array;
  read(order: PartOrder): Promise<PartAnswer>;
  judge(question: Question): Promise<Uncertainty>;
  close(): Promise<void>;
}

/** Of two files that are read at once one has failed, and the crew has been closed; the other still asks. */
class CrewClosed extends Error {
  constructor() {
    super('Predictions are no longer judged.');
  }
}

/** Bytes of predictions, below which all is done before a thread has begun. */
const few = 8 * 1024 * 1024;

/**
 * A thread for each processor, where the files are large enough to share.
 * @param program what a thread runs; it calls `serve`
 */
export async function openCrew(
  files: ReadonlyArray<string | undefined>,
  program: string,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<Crew> {
  const sizes = await Promise.all(files.map(async (file) => (file === undefined ? 0 : (await fs.stat(file)).size)));
  const isLarge = sizes.reduce((sum, size) => sum + size, 0) >= few;
  const processors = availableParallelism();
  return isLarge && processors > 1 ? threads(processors, () => new Worker(program), signal) : alone(pause, signal);
}

/**
 * One part, or criterion, after the other in this thread.
 * @param pause called now and then while resampling; it throws to stop
 */
export function alone(pause: () => Promise<void> = async () => {}, signal?: AbortSignal): Crew {
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(() => {
      if (isClosed) throw new CrewClosed();
      return work();
    });
    last = result.catch(() => {});
    return result;
  };
  return {
    numbers: (count) => new Float64Array(count),
    read: (order) => inTurn(() => readPart(order, signal)),
    judge: (question) => inTurn(() => surenessOfCriterion(question, pause)),
    async close() {
      isClosed = true;
    },
  };
}

/** What a thread is told, and what it answers. */
export type Order = { readonly read: PartOrder } | { readonly judge: Question };
export type Answer = { readonly done: unknown } | { readonly failed: Error };

interface Waiting {
  readonly order: Order;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * As many threads as are needed, `most` at most; each has one order at a time.
 * @param open starts a thread, which answers as `serve` does
 */
export function threads(most: number, open: () => Worker, signal?: AbortSignal): Crew {
  const crew = new Set<Worker>();
  const idle: Worker[] = [];
  const queue: Waiting[] = [];
  const busy = new Map<Worker, Waiting>();
  /** Why no more orders are taken. */
  let ended: Error | undefined;
  const end = (why: Error) => {
    ended ??= why;
    for (const { reject } of [...busy.values(), ...queue.splice(0)]) reject(why);
    busy.clear();
  };
  const next = () => {
    while (queue.length > 0) {
      const worker = idle.pop() ?? (crew.size < most ? start() : undefined);
      if (!worker) return;
      const waiting = queue.shift()!;
      busy.set(worker, waiting);
      worker.postMessage(waiting.order);
    }
  };
  const start = () => {
    const worker = open();
    crew.add(worker);
    worker.on('message', (answer: Answer) => {
      const waiting = busy.get(worker);
      busy.delete(worker);
      idle.push(worker);
      if ('failed' in answer) waiting?.reject(answer.failed);
      else waiting?.resolve(answer.done as never);
      next();
    });
    worker.on('error', end);
    worker.on('exit', (code) => {
      crew.delete(worker);
      end(new Error(`A thread that judges predictions ended (${code}).`));
    });
    return worker;
  };
  const ask = <T>(order: Order): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended) return reject(ended);
      queue.push({ order, resolve, reject });
      next();
    });
  const stop = () => end(signal!.reason as Error);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return {
    numbers: (count) => new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT)),
    read: (order) => ask({ read: order }),
    judge: (question) => ask({ judge: question }),
    async close() {
      signal?.removeEventListener('abort', stop);
      end(new CrewClosed());
      await Promise.all([...crew].map((worker) => worker.terminate()));
    },
  };
}
