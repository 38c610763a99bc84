/**
 * How often `metric < champion with … confidence` approves a model that is no better, and how often one that is. Goes on where results.json
 * ends, keeps there what it finds, and writes the page of the docs from it. Seeded: the same comparisons, in batches, in whatever order.
 *
 *   npm run confidence                                        the whole table, 20,000 comparisons a cell
 *   npm run confidence -- --minutes 60                        as far as it comes
 *   npm run confidence -- --rows 30,100 --comparisons 2000 --metrics rmse,auc --shapes normal,t3 --rivals equal --processes 1
 *   npm run confidence -- --again                             after a change of method: forget what was measured
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { writePage } from './page';
import { add, allCells, batchSize, keyOf, readResults, writeResults, type Counts } from './results';
import { summaryOf } from './table';
import type { Order } from './worker';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    comparisons: { type: 'string', default: '20000' },
    minutes: { type: 'string', default: 'Infinity' },
    metrics: { type: 'string' },
    shapes: { type: 'string' },
    rivals: { type: 'string' },
    processes: { type: 'string', default: String(availableParallelism()) },
    again: { type: 'boolean', default: false },
  },
});

const list = (text: string | undefined) => text?.split(',').map((each) => each.trim());
/** So many first of all cells, then so many, so that whatever time there is, all rows are of about as many. */
const rounds = [500, 2000, 5000, Infinity];

async function main(): Promise<void> {
  const [metrics, shapes, rivals] = [list(options.metrics), list(options.shapes), list(options.rivals)];
  const rows = list(options.rows)?.map(Number);
  const cells = allCells().filter(
    (cell) =>
      (rows?.includes(cell.rows) ?? true) &&
      (metrics?.includes(cell.metric) ?? true) &&
      (shapes?.includes(cell.scenario) ?? true) &&
      (rivals?.includes(cell.rivalry) ?? true),
  );
  const results = options.again ? {} : readResults();
  const comparisons = Number(options.comparisons);
  const end = Date.now() + Number(options.minutes) * 60_000;
  const processes = Math.min(Number(options.processes), cells.length);
  let saved = Date.now();
  const work = async (index: number) => {
    const own = cells.filter((_, at) => at % processes === index);
    const queue = rounds.flatMap((round) => own.map((cell) => ({ cell, upTo: Math.min(round, comparisons) })));
    const worker = fork(require.resolve('./worker'), { execArgv: process.execArgv });
    try {
      for (const { cell, upTo } of queue) {
        const key = keyOf(cell);
        for (let at = results[key]?.comparisons ?? 0; at < upTo && Date.now() < end; at += batchSize) {
          results[key] = add(results[key], await measure(worker, { cell, batch: at / batchSize }));
          if (Date.now() - saved < 10_000) continue;
          saved = Date.now();
          writeResults(results);
        }
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: processes }, (_, index) => work(index)));
  writeResults(results);
  writePage(results);
  console.log(summaryOf(results));
}

function measure(worker: ChildProcess, order: Order): Promise<Counts> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`A worker ended with code ${code}.`));
    worker.once('exit', ended);
    worker.once('message', (counts: Counts) => {
      worker.off('exit', ended);
      resolve(counts);
    });
    worker.send(order);
  });
}

void main();
