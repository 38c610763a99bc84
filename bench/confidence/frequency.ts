import { formulaOf, isAccuracy, type PairedColumn } from '../../tasks/Evaluate/confidence/formulas';
import type { PairedMetric } from '../../tasks/Evaluate/confidence/pairedMetric';
import { ClassDictionary } from '../../tasks/Evaluate/confidence/classDictionary';
import { Random } from '../../tasks/Evaluate/confidence/random';
import { resamplesFor } from '../../tasks/Evaluate/confidence/studentised';
import { surenessAt } from '../../tasks/Evaluate/confidence/sureness';
import { swapTest } from '../../tasks/Evaluate/confidence/randomisation';
import { mcNemarOf } from '../../tasks/Evaluate/confidence/criterionSureness';
import type { Criterion } from '../../tasks/common/criteria/criterion';
import { judge } from '../../tasks/common/criteria/judge';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';
import type { Uncertainty } from '../../tasks/common/criteria/verdict';
import type { Rivalry, Scenario } from './scenario';

/** What came of the comparisons at one level. */
export interface Frequency {
  approved: number;
  /** Comparisons that the candidate won, but for which the rows did not suffice. */
  refused: number;
  /** Approvals by the reference: the randomisation test by itself. */
  byReference: number;
}

export interface Cell {
  readonly metric: string;
  readonly rows: number;
  readonly rivalry: Rivalry;
}

const lessIsBetter: ReadonlySet<string> = new Set([
  'rmse',
  'mae',
  'mape',
  'smape',
  'quantile_loss_0.9',
  'log_loss',
  'brier',
]);

/**
 * How often a criterion `metric < champion with … confidence` (or `>`) approves candidates of a scenario, at each level by the same
 * comparisons. Only decisions count, so that a comparison ends as soon as no level can approve it any more.
 * @param levels rising
 * @param batch the same gives the same comparisons
 */
export async function frequencyOf(
  { draw }: Scenario,
  { metric: name, rows, rivalry }: Cell,
  levels: readonly number[],
  { comparisons, batch = 0 }: { comparisons: number; batch?: number },
): Promise<Frequency[]> {
  const operator = lessIsBetter.has(name) ? '<' : '>';
  const criteria = levels.map(
    (level) => parseCriteria(`${name} ${operator} champion with ${level * 100}% confidence`).criteria[0]!,
  );
  const random = new Random(rows + 100_003 * batch);
  const classes = new ClassDictionary();
  classes.code('0');
  classes.code('1');
  const found = levels.map(() => ({ approved: 0, refused: 0, byReference: 0 }));
  for (let done = 0; done < comparisons; done++) {
    const columns = draw(rows, rivalry, name, random);
    const metric = formulaOf(name).build(columns, classes);
    if ('why' in metric) throw new Error(metric.why);
    const [candidate, champion] = metric.values(new Uint8Array(metric.rows).fill(1));
    // Never approved, whatever the confidence.
    if (!(operator === '<' ? candidate < champion : candidate > champion)) continue;
    const sure = await surenessAt(levels, metric, criteria[0]!.limit, { hopelessFrom: 1 - levels[0]! });
    const reference = await referenceOf(metric, sure, levels);
    for (const [at, frequency] of found.entries()) {
      const outcome = gate(criteria[at]!, sure[at]!, columns);
      if (outcome !== 'unsure') frequency[outcome]++;
      if (reference < 1 - levels[at]!) frequency.byReference++;
    }
  }
  return found;
}

function gate(
  criterion: Criterion,
  sure: Uncertainty,
  columns: readonly PairedColumn[],
): 'approved' | 'refused' | 'unsure' {
  // prettier-ignore
  if (sure.kind === 'unavailable') return 'refused';
  const exact = isAccuracy(criterion.metric) ? { ...sure, mcNemar: mcNemarOf(columns) } : sure;
  return judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, exact).passed ? 'approved' : 'unsure';
}

/** Its p-value, which the gate found already unless it refused. */
async function referenceOf(
  metric: PairedMetric,
  sure: readonly Uncertainty[],
  levels: readonly number[],
): Promise<number> {
  // prettier-ignore
  for (const each of sure) if (each.kind === 'interval') return each.swapPValue!;
  const top = Math.max(...levels);
  const values = new Float64Array(metric.rows);
  return (await swapTest(metric, values, resamplesFor(top), { hopelessFrom: 1 - levels[0]! })).pValue;
}
