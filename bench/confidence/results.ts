import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cell, Frequency } from './frequency';
import { scenarios } from './rivals';
import type { Rivalry } from './scenario';

export const levels = [0.9, 0.95, 0.99] as const;
export const rowCounts = [30, 100, 500, 2000, 10_000] as const;

/** Comparisons are made in batches, each with a seed of its own, so that more can be added at any time. */
export const batchSize = 250;

export interface NamedCell extends Cell {
  readonly scenario: string;
}

/** Of each level in `levels`: approved, refused, approved by the reference. */
export type Counts = Array<[approved: number, refused: number, byReference: number]>;

/** What was measured of a cell so far. */
export interface Measured {
  comparisons: number;
  counts: Counts;
  /** Of the first batch, by which a test finds out that these results are not of the methods as they are now. */
  first: Counts;
}

export type Results = Record<string, Measured>;

/** Metrics × shapes of errors × rows × rivalries. */
export function allCells(): NamedCell[] {
  return rowCounts.flatMap((rows) =>
    scenarios.flatMap((scenario) => {
      const rivalries: Rivalry[] = ['equal', ...(scenario.hasOtherShape ? ['otherShape' as const] : []), 'better'];
      return scenario.metrics.flatMap((metric) =>
        rivalries.map((rivalry) => ({ scenario: scenario.name, metric, rows, rivalry })),
      );
    }),
  );
}

export function keyOf({ metric, scenario, rivalry, rows }: NamedCell): string {
  return [metric, scenario, rivalry, rows].join('/');
}

export function scenarioOf({ scenario, metric }: NamedCell) {
  return scenarios.find(({ name, metrics }) => name === scenario && metrics.includes(metric))!;
}

export function countsOf(found: readonly Frequency[]): Counts {
  return found.map(({ approved, refused, byReference }) => [approved, refused, byReference]);
}

export function add(measured: Measured | undefined, counts: Counts): Measured {
  if (!measured) return { comparisons: batchSize, counts, first: counts };
  return {
    comparisons: measured.comparisons + batchSize,
    counts: measured.counts.map((row, at) => row.map((count, of) => count + counts[at]![of]!) as Counts[number]),
    first: measured.first,
  };
}

export const resultsFile = path.join(__dirname, 'results.json');

export function readResults(file = resultsFile): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
}

/** A cell is a line, in the order of the table, so that a change reads well. */
export function writeResults(results: Results, file = resultsFile): void {
  const lines = allCells().flatMap((cell) => {
    const measured = results[keyOf(cell)];
    return measured ? [`  ${JSON.stringify(keyOf(cell))}: ${JSON.stringify(measured)}`] : [];
  });
  writeFileSync(`${file}.part`, `{\n${lines.join(',\n')}\n}\n`);
  renameSync(`${file}.part`, file);
}
