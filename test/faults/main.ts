/**
 * Lets every operation of every task meet every fault that can meet it, judges each by what local Azure holds afterwards,
 * and prints the matrix.
 *
 *   npm run test:faults                          all of it
 *   npm run test:faults -- --shard 3/20          a part, the same one each time
 *   npm run test:faults -- --only 'Train.*PUT'   cells whose "task operation fault" matches
 *   npm run test:faults -- --sizes               what is big, alone; it is part of all of it
 *   npm run test:faults -- --workers 2           processes side by side, each with a local Azure of its own
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuiltTasks } from '../../local/agent/builtTasks';
import { cellsOf, type Cell } from './cell';
import { closingLine, matrix, sizesTable, type Judged } from './matrix';
import type { Measured } from './sizes';
import { scenarios } from './scenarios';
import type { Order, Report } from './worker';

const root = path.join(__dirname, '..', '..');
const resultsFile = path.join(root, '.local', 'test', 'faults.json');

interface Options {
  shard: number;
  shards: number;
  only: RegExp;
  workers: number;
  /** 'too' with all the cells. */
  sizes: 'alone' | 'too' | 'not';
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      shard: { type: 'string', default: '1/1' },
      only: { type: 'string', default: '' },
      workers: { type: 'string', default: '4' },
      sizes: { type: 'boolean', default: false },
    },
  });
  const [shard = NaN, shards = NaN] = values.shard.split('/').map(Number);
  if (!(shard >= 1 && shard <= shards)) throw new Error(`--shard ${values.shard}: write i/n, such as 3/20.`);
  const sizes = values.sizes ? 'alone' : shards === 1 && values.only === '' ? 'too' : 'not';
  return { shard, shards, only: new RegExp(values.only, 'i'), workers: Number(values.workers), sizes };
}

const textOf = ({ scenario, operation, fault }: Omit<Cell, 'id'>): string => `${scenario} ${operation.name} ${fault}`;
/** Spreads cells over the shards, always the same way. */
const order = (cell: Omit<Cell, 'id'>): string => createHash('sha256').update(textOf(cell)).digest('hex');

/** Hands each worker the next order as soon as it has done the last one. */
class Crew {
  private readonly workers: ChildProcess[] = [];

  constructor(private readonly size: number) {}

  async carryOut(orders: Order[], done: (report: Report) => void): Promise<void> {
    while (this.workers.length < Math.min(this.size, orders.length)) this.workers.push(await startWorker());
    const left = [...orders];
    await Promise.all(
      this.workers.map(async (worker) => {
        for (let next = left.shift(); next; next = left.shift()) {
          const report = once(worker);
          worker.send(next);
          done(await report);
        }
      }),
    );
  }

  async dismiss(): Promise<void> {
    const ended = this.workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.workers) worker.disconnect();
    await Promise.all(ended);
  }
}

async function startWorker(): Promise<ChildProcess> {
  const worker = fork(path.join(__dirname, 'worker.ts'), { execArgv: ['--import', 'tsx'], cwd: root });
  await once(worker);
  return worker;
}

function once(worker: ChildProcess): Promise<Report> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a worker ended with ${code}`));
    worker.once('exit', ended);
    worker.once('message', (report: Report) => {
      worker.off('exit', ended);
      resolve(report);
    });
  });
}

async function main(): Promise<void> {
  const options = readOptions();
  await ensureBuiltTasks();
  const crew = new Crew(options.workers);
  const began = Date.now();
  try {
    const measured: Measured[] = [];
    if (options.sizes !== 'not') {
      await crew.carryOut([{ kind: 'sizes' }], (report) => {
        if (report.kind === 'sizes') measured.push(...report.measured);
      });
      console.log(`${sizesTable(measured)}\n`);
    }
    const all: Array<Omit<Cell, 'id'>> = [];
    const wanted = options.sizes === 'alone' ? [] : scenarios;
    const searches = wanted.map(({ name }, index): Order => ({ kind: 'discover', scenario: name, id: `9${index}` }));
    await crew.carryOut(searches, (report) => {
      if (report.kind === 'operations') all.push(...cellsOf(report.scenario, report.operations));
    });
    const chosen = all
      .sort((a, b) => order(a).localeCompare(order(b)))
      .filter((cell, index) => index % options.shards === options.shard - 1 && options.only.test(textOf(cell)))
      .map((cell, index): Cell => ({ ...cell, id: String(1000 + index) }));
    console.log(`${chosen.length} of ${all.length} cells, ${options.workers} side by side`);
    const judged: Judged[] = [];
    await crew.carryOut(
      chosen.map((cell) => ({ kind: 'cell', cell })),
      (report) => {
        if (report.kind !== 'outcome') return;
        const { cell, outcome } = report;
        judged.push({ cell, outcome });
        if (outcome.verdict === 'bad') {
          console.log(
            `BAD ${textOf(cell)}: ${outcome.problems.join('; ')}${outcome.said.map((each) => `\n      said: ${each}`).join('')}`,
          );
        }
        if (judged.length % 50 === 0)
          console.log(`${judged.length} done, ${Math.round((Date.now() - began) / 1000)} s`);
        mkdirSync(path.dirname(resultsFile), { recursive: true });
        writeFileSync(resultsFile, JSON.stringify(judged));
      },
    );
    console.log(`\n${matrix(judged)}\n`);
    console.log(closingLine(judged, measured, Date.now() - began));
    const isBad = judged.some(({ outcome }) => outcome.verdict === 'bad') || measured.some(({ problem }) => problem);
    process.exitCode = isBad ? 1 : 0;
  } finally {
    await crew.dismiss();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
