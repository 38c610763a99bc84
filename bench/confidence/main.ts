/**
 * How often `metric < champion with … confidence` approves a model that is no better, and how often one that is: the whole table, on all
 * processors, within the time given; each row says how many comparisons it is of. Seeded: the same comparisons in the same order.
 *
 *   npm run confidence                             an hour
 *   npm run confidence -- --minutes 4000           20,000 comparisons a row, on two processors
 *   npm run confidence -- --rows 30,100 --levels 95 --comparisons 2000 --metrics rmse,auc --shapes normal,t3
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { cellsOf, heads, rowsOf, type NamedCell } from './table';
import type { Answer, Order } from './worker';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '30,100,500,2000,10000' },
    levels: { type: 'string', default: '90,95,99' },
    comparisons: { type: 'string', default: '20000' },
    minutes: { type: 'string', default: '60' },
    metrics: { type: 'string' },
    shapes: { type: 'string' },
  },
});
const list = (text: string | undefined) => text?.split(',').map((each) => each.trim());
const numbers = (text: string) => list(text)!.map(Number);

function print(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

async function main(): Promise<void> {
  const levels = numbers(options.levels).map((level) => level / 100);
  const cells = cellsOf(numbers(options.rows), list(options.metrics), list(options.shapes));
  const end = Date.now() + Number(options.minutes) * 60_000;
  console.log(`bound: one-sided 99.9 %, of false approvals; ?: too few comparisons to tell\n`);
  print(heads);
  print(heads.map(() => '---'));
  const count = { '✓': 0, '✗': 0, '?': 0 };
  const crew = Math.min(availableParallelism(), cells.length);
  await eachOnItsOwn(crew, cells, end, levels, (cell, { comparisons, byLevel }) => {
    for (const row of rowsOf(cell, { comparisons, byLevel: new Map(byLevel) })) {
      print(row.cells);
      count[row.verdict]++;
    }
  });
  console.log(`\n${count['✓']} rows hold their goal, ${count['✗']} miss it, of ${count['?']} it cannot be told.`);
}

/** Shares the cells and the time that is left among processes; what is found is told in the order of the cells. */
async function eachOnItsOwn(
  crew: number,
  cells: readonly NamedCell[],
  end: number,
  levels: readonly number[],
  tell: (cell: NamedCell, found: Answer) => void,
): Promise<void> {
  const found = new Map<number, Answer>();
  let [next, told] = [0, 0];
  const work = async () => {
    const worker = fork(require.resolve('./worker'), { execArgv: process.execArgv });
    try {
      while (next < cells.length) {
        const index = next++;
        const share = ((end - Date.now()) * crew) / (cells.length - index);
        const order: Order = { cell: cells[index]!, levels, comparisons: Number(options.comparisons), milliseconds: share }; // prettier-ignore
        const answer = await new Promise<Answer>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('exit', (code) => reject(new Error(`A worker ended with code ${code}.`)));
          worker.send(order);
        });
        worker.removeAllListeners('exit');
        found.set(index, answer);
        for (; found.has(told); told++) tell(cells[told]!, found.get(told)!);
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: crew }, work));
}

void main();
