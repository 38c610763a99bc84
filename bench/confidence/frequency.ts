import { formulaOf } from '../../tasks/Evaluate/confidence/formulas';
import type { PairedMetric } from '../../tasks/Evaluate/confidence/pairedMetric';
import { ClassDictionary } from '../../tasks/Evaluate/confidence/predictions';
import { Random } from '../../tasks/Evaluate/confidence/random';
import { resamplesFor } from '../../tasks/Evaluate/confidence/studentised';
import { surenessOf } from '../../tasks/Evaluate/confidence/sureness';
import { swapPValue } from '../../tasks/Evaluate/confidence/swapTest';
import { judge } from '../../tasks/common/criteria/judge';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';
import type { Rivalry, Scenario } from './rivals';

export interface Frequency {
  readonly comparisons: number;
  readonly approved: number;
  /** Comparisons that the candidate won, but for which the rows did not suffice. */
  readonly refused: number;
  /** Approvals by the reference: the randomisation test, row by row and without anything else. */
  readonly byReference: number;
}

/** How often a criterion `metric < champion with … confidence` (or `>`) approves candidates of a scenario. Seeded. */
export async function frequencyOf(
  { draw }: Scenario,
  metricName: string,
  rows: number,
  rivalry: Rivalry,
  level: number,
  comparisons: number,
  withReference = rivalry === 'better',
): Promise<Frequency> {
  const operator = metricName === 'rmse' || metricName === 'mae' ? '<' : '>';
  const [criterion] = parseCriteria(`${metricName} ${operator} champion with ${level * 100}% confidence`).criteria;
  const random = new Random(rows + Math.round(level * 1000));
  const classes = new ClassDictionary();
  classes.code('0');
  classes.code('1');
  let [approved, refused, byReference] = [0, 0, 0];
  for (let index = 0; index < comparisons; index++) {
    const metric = formulaOf(metricName).build(draw(rows, rivalry, metricName, random), classes);
    if ('why' in metric) throw new Error(metric.why);
    const [candidate, champion] = metric.values(new Uint8Array(rows).fill(1));
    // Never approved, whatever the confidence; spares the time.
    if (!(operator === '<' ? candidate < champion : candidate > champion)) continue;
    const sure = await surenessOf(metric, criterion!.limit, level);
    if (sure.kind === 'unavailable') refused++;
    if (judge(criterion!, {}, { kind: 'champion', version: '1', metrics: {} }, sure).passed) approved++;
    if (withReference && (await reference(metric, level))) byReference++;
  }
  return { comparisons, approved, refused, byReference };
}

async function reference(metric: PairedMetric, level: number): Promise<boolean> {
  // More resamples than the gate takes, so that the reference owes less to chance.
  return (await swapPValue(metric, new Float64Array(0), 2 * resamplesFor(level), undefined, Infinity)) < 1 - level;
}

/** The one-sided upper bound, by Clopper and Pearson, of a share of which `count` of `all` were seen. */
export function upperBound(count: number, all: number, confidence = 0.999): number {
  if (count === all) return 1;
  let [low, high] = [count / all, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(count, all, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

function binomialAtMost(count: number, all: number, share: number): number {
  let term = all * Math.log1p(-share);
  let sum = Math.exp(term);
  for (let each = 1; each <= count; each++) {
    term += Math.log((all - each + 1) / each) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(term);
  }
  return sum;
}
