import type { CaseResult } from './tryCases';
import type { ComparisonReport } from './comparison';
import type { Left } from './removal';
import type { Case } from './cases/case';
import { costOf, dollars, sumOf } from './cost';
import { useOf } from './resources';

/** That the reader takes it for no more than it is. */
export const proof =
  'This command itself has been tried against local Azure only, never against the real one: watch its first run, and what it leaves.';

export interface Report {
  cloud: string;
  location: string;
  started: string;
  results: CaseResult[];
  denied: Array<{ scene: string; request: string }>;
  comparison?: ComparisonReport;
  left: Left[];
  folder: string;
}

export function listOf(cases: readonly Case[]): string {
  const rows = cases.map(({ name, minutes, use, needs, assumed, from, needsConnection }) =>
    [
      `${name.padEnd(20)}${String(minutes).padStart(4)} min ${dollars(costOf(use)).padStart(9)}  needs ${[...needs, ...(needsConnection ? ['a connection'] : [])].join(', ') || 'the group only'}`,
      `    ${assumed}`,
      `    (${from})`,
    ].join('\n'),
  );
  const shared = sumOf([useOf.registry]);
  return [
    `Cases, each with its estimate beside what all share (${dollars(costOf(shared))} for a registry):`,
    ...rows,
  ].join('\n');
}

/** In Markdown, as `report.md` keeps it and the terminal shows it. */
export function reportText({ cloud, location, started, results, denied, comparison, left, folder }: Report): string {
  const lines = [`# ${cloud}, ${location}, ${started}`, '', proof, '', '## Cases', ''];
  for (const { name, tried, holds, seen } of results) {
    lines.push(`- ${tried ? (holds ? 'as assumed' : '**otherwise**') : 'not tried'}: ${name}: ${seen}`);
  }
  if (denied.length > 0) {
    lines.push(
      '',
      '## Refused for want of a right',
      '',
      ...denied.map(({ scene, request }) => `- ${scene}: ${request}`),
    );
  }
  if (comparison) lines.push('', ...comparisonLines(comparison));
  lines.push('', '## Left', '');
  if (left.length === 0) lines.push('Nothing: all that was made has been removed.');
  for (const { what, why, command } of left)
    lines.push(`- ${what}: ${why.split('\n')[0]}`, `  Remove it by: ${command}`);
  lines.push('', `Recordings: ${folder}/recordings`);
  return lines.join('\n');
}

function comparisonLines({ compared, same, differing, missing }: ComparisonReport): string[] {
  const lines = ['## Against local Azure', '', `${same} of ${compared} recorded values are answered in the same form.`];
  for (const { recording, lines: each } of differing)
    lines.push(`- ${recording}`, ...each.map((line) => `  - ${line}`));
  if (missing.length > 0) {
    lines.push('', 'Answers of a kind (status, state) that local Azure did not give in the same case:');
    lines.push(...missing.map((name) => `- ${name}`));
  }
  return lines;
}

/** 0 only where all was tried, nothing was otherwise and nothing is left. */
export function exitCode({ results, left }: Pick<Report, 'results' | 'left'>, interrupted: boolean): number {
  if (interrupted) return left.length > 0 ? 1 : 130;
  const isWell = ({ tried, holds, seen }: CaseResult): boolean => (tried ? holds : seen.startsWith('left out'));
  return left.length === 0 && results.every(isWell) ? 0 : 1;
}
