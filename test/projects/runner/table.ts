import type { Outcome } from './outcome';

export interface Row {
  project: string;
  outcome: Outcome;
  seconds: number;
}

/** Text in columns, for a terminal. */
export function table(rows: readonly Row[]): string {
  const lines = [
    ['', 'project', 'decision', 'tests', 'findings', 'time'],
    ...rows.map(({ project, outcome, seconds }) => [
      outcome.faults.length === 0 ? '✔' : '✖',
      project,
      outcome.decision,
      outcome.tests,
      String(outcome.findings),
      `${seconds.toFixed(0)} s`,
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
