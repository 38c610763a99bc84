import { upperBound, type Cell, type Frequencies } from './frequency';
import { scenarios, type Rivalry } from './rivals';

/** What false approvals may come to at most, by level: what is promised and a fifth more for chance. */
const mostFalse: Readonly<Record<string, number>> = { '0.9': 0.06, '0.95': 0.03, '0.99': 0.006 };
/** So far below the reference may the approvals of a better model lie. */
const mostLost = 0.02;

export interface NamedCell extends Cell {
  readonly scenario: string;
}

/** Metrics × shapes of errors × rows × rivalries, of those that are wanted. */
export function cellsOf(rows: readonly number[], metrics?: readonly string[], shapes?: readonly string[]): NamedCell[] {
  return scenarios
    .filter(({ name }) => !shapes || shapes.includes(name))
    .flatMap((scenario) => {
      const rivalries: Rivalry[] = ['equal', ...(scenario.hasOtherShape ? ['otherShape' as const] : []), 'better'];
      return scenario.metrics
        .filter((name) => !metrics || metrics.includes(name))
        .flatMap((metric) =>
          rows.flatMap((count) =>
            rivalries.map((rivalry) => ({ scenario: scenario.name, metric, rows: count, rivalry })),
          ),
        );
    });
}

export const heads = ['metric', 'shape', 'rivals', 'rows', 'level', 'comparisons', 'approved', 'bound', 'goal', 'refused', '']; // prettier-ignore

export type Verdict = '✓' | '✗' | '?';

/** A row of the table for each level. `?`: by so few comparisons it cannot be told. */
export function rowsOf(
  { scenario, metric, rows, rivalry }: NamedCell,
  { comparisons, byLevel }: Frequencies,
): Array<{ cells: string[]; verdict: Verdict }> {
  return [...byLevel].map(([level, { approved, refused, byReference }]) => {
    const share = approved / comparisons;
    const isBetter = rivalry === 'better';
    const bound = upperBound(approved, comparisons);
    const goal = isBetter ? byReference / comparisons : mostFalse[level]!;
    const verdict = isBetter
      ? powerVerdict(share, goal, comparisons)
      : bound <= goal
        ? '✓'
        : // Not even chance explains so many, if the goal held.
          share > 0 && 1 - upperBound(comparisons - approved, comparisons) > goal
          ? '✗'
          : '?';
    const rivals = rivalry === 'otherShape' ? 'other shape' : rivalry;
    const cells = [metric, scenario, rivals, String(rows), `${level * 100} %`, String(comparisons), percent(share), isBetter ? '' : percent(bound), `${isBetter ? 'reference' : '≤'} ${percent(goal)}`, percent(refused / comparisons), verdict]; // prettier-ignore
    return { cells, verdict };
  });
}

/** The same comparisons are judged by both, so that a few hundred tell two points apart. */
function powerVerdict(share: number, reference: number, comparisons: number): Verdict {
  if (comparisons < 500) return '?';
  return share >= reference - mostLost ? '✓' : '✗';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
