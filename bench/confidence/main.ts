/**
 * How often `metric < champion with … confidence` approves a model that is no better, and how often one that is: the whole
 * table by default, which takes many hours; a part of it by options. Seeded: the same options give the same table.
 *
 *   npm run confidence
 *   npm run confidence -- --rows 30,100 --levels 95 --comparisons 2000 --metrics rmse,auc --shapes normal,t3
 */
import { parseArgs } from 'node:util';
import { frequencyOf, upperBound } from './frequency';
import { scenarios, type Rivalry } from './rivals';

/** What false approvals may come to at most, by level: what is promised and a fifth more for chance. */
const mostFalse: Readonly<Record<string, number>> = { '90': 0.06, '95': 0.03, '99': 0.006 };
/** So far below the reference may the approvals of a better model lie. */
const mostLost = 0.02;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '30,100,500,2000,10000' },
    levels: { type: 'string', default: '90,95,99' },
    comparisons: { type: 'string', default: '20000' },
    metrics: { type: 'string' },
    shapes: { type: 'string' },
  },
});
const list = (text: string | undefined) => text?.split(',').map((each) => each.trim());
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function print(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

async function main(): Promise<void> {
  const comparisons = Number(options.comparisons);
  const [metrics, shapes] = [list(options.metrics), list(options.shapes)];
  const heads = ['metric', 'shape', 'rivals', 'rows', 'level', 'approved', 'bound', 'goal', 'refused', '']; // prettier-ignore
  console.log(`${comparisons} comparisons a row; bound: one-sided 99.9 %, of false approvals\n`);
  print(heads);
  print(heads.map(() => '---'));
  let missed = 0;
  for (const scenario of scenarios.filter(({ name }) => !shapes || shapes.includes(name))) {
    for (const metric of scenario.metrics.filter((name) => !metrics || metrics.includes(name))) {
      for (const rows of list(options.rows)!.map(Number)) {
        for (const level of list(options.levels)!) {
          const rivalries: Rivalry[] = ['equal', ...(scenario.hasOtherShape ? ['otherShape' as const] : []), 'better'];
          for (const rivalry of rivalries) {
            const found = await frequencyOf(scenario, metric, rows, rivalry, Number(level) / 100, comparisons);
            const share = found.approved / comparisons;
            const bound = upperBound(found.approved, comparisons);
            const reference = found.byReference / comparisons;
            const holds = rivalry === 'better' ? share >= reference - mostLost : bound <= mostFalse[level]!;
            if (!holds) missed++;
            const goal = rivalry === 'better' ? `reference ${percent(reference)}` : `≤ ${percent(mostFalse[level]!)}`;
            print([metric, scenario.name, rivalry === 'otherShape' ? 'other shape' : rivalry, String(rows), `${level} %`, percent(share), rivalry === 'better' ? '' : percent(bound), goal, percent(found.refused / comparisons), holds ? '✓' : '✗']); // prettier-ignore
          }
        }
      }
    }
  }
  console.log(missed === 0 ? '\nAll goals hold.' : `\n${missed} rows miss their goal: ✗`);
}

void main();
