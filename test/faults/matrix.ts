import type { Cell, Outcome, Verdict } from './outcome';
import type { Measured } from './sizes';

export interface Judged {
  cell: Cell;
  outcome: Outcome;
}

const letters: Record<Verdict, string> = { 'ridden out': 'R', 'one clear error': 'E', bad: '**B**', 'not met': '–' };

/** The matrix as a Markdown table: a row for each operation, with what became of each fault. */
export function matrix(judged: Judged[]): string {
  const rows = new Map<string, string[]>();
  for (const { cell, outcome } of [...judged].sort(byPlace)) {
    const key = `| ${cell.scenario} | ${cell.operation.service} | \`${cell.operation.name}\` |`;
    rows.set(key, [...(rows.get(key) ?? []), `${cell.fault} ${letters[outcome.verdict]}`]);
  }
  return [
    '| task | service | operation | fault and outcome |',
    '| ---- | ------- | --------- | ----------------- |',
    ...[...rows].map(([key, faults]) => `${key} ${faults.join(', ')} |`),
  ].join('\n');
}

function byPlace(a: Judged, b: Judged): number {
  const place = ({ cell }: Judged): string =>
    `${cell.scenario} ${cell.operation.service} ${cell.operation.name} ${cell.fault}`;
  return place(a).localeCompare(place(b));
}

/** How long each large case took, and how much memory. */
export function sizesTable(measured: Measured[]): string {
  return [
    '| large case | seconds | peak of the task, MB | |',
    '| ----------- | ------: | -------------------: | - |',
    ...measured.map(
      ({ name, seconds, megabytes, problem }) =>
        `| ${name} | ${seconds.toFixed(0)} | ${megabytes.toFixed(0)} | ${problem ? `**B** ${problem}` : ''} |`,
    ),
  ].join('\n');
}

export function closingLine(judged: Judged[], measured: Measured[]): string {
  const count = (verdict: Verdict): number => judged.filter(({ outcome }) => outcome.verdict === verdict).length;
  const met = judged.length - count('not met');
  const bad = count('bad') + measured.filter(({ problem }) => problem).length;
  const sizes = measured.length > 0 ? ` and ${measured.length} sizes` : '';
  return `${met} cells${sizes}: ${count('ridden out')} ridden out, ${count('one clear error')} one clear error, bad ${bad} (${count('not met')} not met)`;
}
