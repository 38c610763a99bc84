import { parentPort } from 'node:worker_threads';
import type { Answer, Order } from './crew';
import { surenessOfCriterion } from './criterionSureness';
import { readPart } from './partReader';

/** A thread's work: it answers each order of its crew, until it is ended. */
export function serve(): void {
  parentPort!.on('message', (order: Order) => {
    const work: Promise<unknown> = 'read' in order ? readPart(order.read) : surenessOfCriterion(order.judge);
    void work
      .then((done): Answer => ({ done }))
      .catch((error: unknown): Answer => ({ failed: error as Error }))
      .then((answer) => parentPort!.postMessage(answer));
  });
}
