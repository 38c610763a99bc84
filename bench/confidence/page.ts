import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { allCells, keyOf, readResults, rowCounts, type Results } from './results';
import { rowOf, tableHeads, tallies } from './table';

export const pageFile = path.join(__dirname, '..', '..', 'docs', 'confidence-table.md');

/** The page of the docs, made of what was measured; a test compares it. */
export function pageOf(results: Results): string {
  const measured = allCells().flatMap((cell) => {
    const found = results[keyOf(cell)];
    return found ? [{ cell, found }] : [];
  });
  const metrics = [...new Set(measured.map(({ cell }) => cell.metric))];
  return [
    `<!-- Generated from bench/confidence/results.json by \`npm run confidence\`. -->

# How often confidence errs

\`npm run confidence\` compares models that are known to be equal, or better, with \`metric < champion with … confidence\` (or \`>\`), and counts
how many are approved. [Rules of evaluation](guides/evaluation-rules.md#confidence) explains what follows from it.

- **equal**: both models have errors of the same kind. **Other shape**: the metric is the same in the long run, but the candidate's errors have
  the shape in the first column, and the champion's are normal; for classes, it finds fewer positives (or fewer of the rare classes) and is
  right more often elsewhere; its scores spread twice as far among class 1, or its probabilities are too sure but know more.
  **Better**: the candidate's errors are 20% smaller (auc 0.88 against 0.76, recall 0.85 against 0.7, four classes 0.8 against 0.7, ndcg 0.95
  against 0.92).
- For models that are no better: the share that was approved, in %, and in brackets its upper bound (one-sided, 99.9%, Clopper and Pearson),
  which may be at most 6, 3 and 0.6% (✓). ✗: more than chance explains; ?: too few comparisons to tell. A test that errs in exactly 5, 2.5 or
  0.5% of cases takes about 5,500, 11,000 and 56,000 comparisons to show that: after 20,000 the upper bound of 0.5% is 0.67%, so that at 99%
  most rows say ?, unless the test errs in less than 0.44%.
- For better models: the share that was approved, in %; a refusal for too few rows counts as not approved. ✓: within two points of the
  reference.
- The reference, in the last column: the paired randomisation test by itself, without refusals or any other rule (above 4,000 rows, of 400
  blocks of rows). Its false approvals of models of another shape are in the same column.
- For ndcg, rows are queries of five results. \`mse\` and \`r2\` are not listed: by the same rows they decide exactly as \`rmse\` does.

Entries of the table that meet the goal, by rows:
`,
    markdownTable(['rivals', ...rowCounts.map((rows) => rows.toLocaleString('en'))], tallies(results)),
    ...metrics.map((metric) => {
      const rows = measured.filter(({ cell }) => cell.metric === metric);
      const shapes = rows.map(({ cell }) => cell.scenario);
      const order = (shape: string) => shapes.indexOf(shape);
      rows.sort((a, b) => order(a.cell.scenario) - order(b.cell.scenario) || a.cell.rows - b.cell.rows);
      return `\n## ${metric}\n\n${markdownTable(tableHeads, rows.map(({ cell, found }) => rowOf(cell, found)))}`; // prettier-ignore
    }),
    '',
  ].join('\n');
}

/** Padded as the formatter has it. */
function markdownTable(heads: readonly string[], rows: readonly string[][]): string {
  const widths = heads.map((head, at) => Math.max(3, head.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function writePage(results = readResults()): void {
  writeFileSync(pageFile, pageOf(results));
}
