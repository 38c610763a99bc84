import { lowerBound, upperBound } from './bounds';
import { allCells, keyOf, levels, rowCounts, type Measured, type NamedCell, type Results } from './results';

/** What false approvals may come to at most, by level: what is promised and a fifth more for chance. */
export const mostFalse = [0.06, 0.03, 0.006] as const;
/** So far below the reference may the approvals of a better model lie. */
const mostLost = 0.02;

export type Verdict = '✓' | '✗' | '?';

/** `?`: by so few comparisons it cannot be told. */
export function verdictAt(at: number, { rivalry }: NamedCell, { comparisons, counts }: Measured): Verdict {
  const [approved, , byReference] = counts[at]!;
  const goal = mostFalse[at]!;
  if (rivalry === 'better') {
    if (comparisons < 500) return '?';
    return approved >= byReference - mostLost * comparisons ? '✓' : '✗';
  }
  if (upperBound(approved, comparisons) <= goal) return '✓';
  return lowerBound(approved, comparisons) > goal ? '✗' : '?';
}

export const tableHeads = ['errors', 'rows', 'rivals', 'comparisons', '90%', '95%', '99%', 'the test by itself, 95%'];

const rivals = { equal: 'equal', otherShape: 'other shape', better: 'better' } as const;

/** A row of the table: at each level what was approved, in %, and for rivals that are no better its upper bound. */
export function rowOf(cell: NamedCell, measured: Measured): string[] {
  const { comparisons, counts } = measured;
  const percent = (count: number) => ((100 * count) / comparisons).toFixed(2);
  const approvals = levels.map((_, at) => {
    const [approved] = counts[at]!;
    const bound = cell.rivalry === 'better' ? '' : ` (${(100 * upperBound(approved, comparisons)).toFixed(2)})`;
    return `${percent(approved)}${bound} ${verdictAt(at, cell, measured)}`;
  });
  const rows = cell.rows.toLocaleString('en');
  return [cell.scenario, rows, rivals[cell.rivalry], comparisons.toLocaleString('en'), ...approvals, percent(counts[1]![2])]; // prettier-ignore
}

/** How many entries of the table keep the goal, by rivals and rows: "✓ 40, ✗ 2, ? 3". */
export function tallies(results: Results): string[][] {
  return (Object.keys(rivals) as Array<keyof typeof rivals>).map((rivalry) => [
    rivals[rivalry],
    ...rowCounts.map((rows) => {
      const count = { '✓': 0, '✗': 0, '?': 0 };
      for (const cell of allCells()) {
        if (cell.rows !== rows || cell.rivalry !== rivalry) continue;
        const measured = results[keyOf(cell)];
        for (const at of levels.keys()) count[measured ? verdictAt(at, cell, measured) : '?']++;
      }
      return `${count['✓']} ✓ ${count['✗']} ✗ ${count['?']} ?`;
    }),
  ]);
}

export function summaryOf(results: Results): string {
  return tallies(results)
    .map((cells) => cells.join(' | '))
    .join('\n');
}
