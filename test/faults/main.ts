/**
 * Lets every operation of every task meet every fault that can meet it, judges each by what local Azure holds afterwards,
 * and prints the matrix.
 *
 *   npm run test:faults                          all of it
 *   npm run test:faults -- --shard 3/20          a part, the same one each time
 *   npm run test:faults -- --shard commit/20     the part that the checked-out commit's hash chooses
 *   npm run test:faults -- --minutes 7           begins no cell after that; in CI more than half of them left is red
 *   npm run test:faults -- --only 'Train.*PUT'   cells whose "task operation fault" matches
 *   npm run test:faults -- --every               draws what meets the same code in every scenario too
 *   npm run test:faults -- --resume              leaves out what an earlier run has judged and found good
 *   npm run test:faults -- --sizes               what is big, alone, --only by its name; it is part of all of it
 *   npm run test:faults -- --docs                writes the matrix into docs/guides/faults.md
 *   npm run test:faults -- --workers 2           processes side by side, each with a local Azure of its own
 */
import '../support/ownTemporaryFolder.cjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureBuiltTasks } from '../../local/agent/builtTasks';
import { withinShare } from '../../scripts/suiteShares';
import { cellsOf, distinct } from './cell';
import type { Cell, Outcome } from './outcome';
import { Crew } from './crew';
import { writeGuide } from './guide';
import { closingLine, matrix, sizesTable, type Judged } from './matrix';
import { inOrder, readOptions, textOf, type Options } from './options';
import { isTimeFor, reach } from './reach';
import { noResults, readResults, resultsFile, type Results } from './results';
import type { Measured } from './sizes';
import { scenarios } from './scenarios';
import type { Order } from './worker';

const began = Date.now();
const seconds = (): number => Math.round((Date.now() - began) / 1000);

async function main(): Promise<void> {
  const options = readOptions();
  await ensureBuiltTasks();
  const crew = new Crew(options.workers);
  try {
    const results: Results = options.resume ? readResults() : noResults();
    if (options.sizes !== 'not') {
      results.measured = await measure(crew, options);
      keep(results);
    }
    const count = options.sizes === 'alone' ? { chosen: 0, judged: 0 } : await judge(crew, options, results);
    const { line, isShort } = reach(count, options.minutes);
    console.log(`\n${matrix(results.judged)}\n`);
    console.log(`${closingLine(results.judged, results.measured)} (${seconds()} s)${line && `; ${line}`}`);
    if (options.docs) writeGuide(results);
    const isBad =
      isShort ||
      results.judged.some(({ outcome }) => outcome.verdict === 'bad') ||
      results.measured.some(({ problem }) => problem);
    // The share is that of the part that CI runs.
    process.exitCode = options.shards < 10 ? Number(isBad) : withinShare('faults', Number(isBad));
  } finally {
    await crew.dismiss();
  }
}

async function measure(crew: Crew, { sizes, only }: Options): Promise<Measured[]> {
  const measured: Measured[] = [];
  await crew.carryOut([{ kind: 'sizes', only: sizes === 'alone' ? only.source : '' }], (report) => {
    if (report.kind === 'sizes') measured.push(...report.measured);
  });
  console.log(`${sizesTable(measured)}\n`);
  return measured;
}

/** @returns how many cells this run is to judge, and how many it did */
async function judge(crew: Crew, options: Options, results: Results): Promise<{ chosen: number; judged: number }> {
  const { cells, all } = await choose(crew, options, results);
  results.drawn = all;
  const known = new Set(
    results.judged.filter(({ outcome }) => outcome.verdict !== 'bad').map(({ cell }) => textOf(cell)),
  );
  const chosen = cells.filter((cell) => !known.has(textOf(cell)));
  console.log(`${chosen.length} of ${all} cells, ${options.workers} side by side (${seconds()} s)`);
  results.judged = results.judged.filter(({ cell }) => known.has(textOf(cell)));
  const ofThisRun: Judged[] = [];
  const note = (cell: Cell, outcome: Outcome): void => {
    ofThisRun.push({ cell, outcome });
    results.judged.push({ cell, outcome });
    if (ofThisRun.length % 50 === 0) console.log(`${ofThisRun.length} done, ${seconds()} s`);
    keep(results);
  };
  const again: Judged[] = [];
  await crew.carryOut(
    chosen.map(toOrder),
    (report) => {
      if (report.kind !== 'outcome') return;
      const { cell, outcome } = report;
      if (outcome.verdict !== 'bad') return note(cell, outcome);
      tell('BAD', cell, outcome);
      again.push({ cell, outcome });
    },
    () => isTimeFor(seconds(), options.minutes, again.length),
  );
  // A task's clock runs so fast that a pause of a busy machine is one of minutes: what is bad is so with nothing beside it too.
  for (const { cell, outcome } of again) {
    if (seconds() >= options.minutes * 60) {
      note(cell, outcome);
      tell('BAD, and no time to try it alone', cell, outcome);
      continue;
    }
    await crew.carryOut([toOrder({ ...cell, id: `${cell.id}9` })], (report) => {
      if (report.kind !== 'outcome') return;
      note(report.cell, report.outcome);
      tell(report.outcome.verdict === 'bad' ? 'BAD AGAIN' : 'good alone', cell, report.outcome);
    });
  }
  return { chosen: chosen.length, judged: ofThisRun.length };
}

/** Finds the operations of the scenarios, and of all that can meet them the cells of this run. */
async function choose(crew: Crew, options: Options, { operations }: Results): Promise<{ cells: Cell[]; all: number }> {
  const wanted = scenarios.filter(({ name }) => options.scenarios.test(name));
  const searches = wanted
    .filter(({ name }) => !operations[name])
    .map(({ name }, index): Order => ({ kind: 'discover', scenario: name, id: `9${index}` }));
  await crew.carryOut(searches, (report) => {
    if (report.kind === 'operations') operations[report.scenario] = report.operations;
  });
  const sorted = inOrder(wanted.flatMap(({ name }) => cellsOf(name, operations[name]!)));
  const all = options.every ? sorted : distinct(sorted);
  const cells = all
    .filter((cell, index) => index % options.shards === options.shard - 1 && options.only.test(textOf(cell)))
    .map((cell, index): Cell => ({ ...cell, id: String(1000 + index) }));
  return { cells, all: all.length };
}

const toOrder = (cell: Cell): Order => ({ kind: 'cell', cell });

function tell(word: string, cell: Cell, { problems, said }: Outcome): void {
  console.log(`${word} ${textOf(cell)}: ${problems.join('; ')}${said.map((each) => `\n      said: ${each}`).join('')}`);
}

function keep(results: Results): void {
  mkdirSync(path.dirname(resultsFile), { recursive: true });
  writeFileSync(resultsFile, JSON.stringify(results));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
