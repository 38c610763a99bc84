import { formulaOf } from '../../tasks/Evaluate/confidence/formulas';
import type { PairedMetric } from '../../tasks/Evaluate/confidence/pairedMetric';
import { ClassDictionary } from '../../tasks/Evaluate/confidence/classDictionary';
import { Random } from '../../tasks/Evaluate/confidence/random';
import { resamplesFor } from '../../tasks/Evaluate/confidence/studentised';
import { surenessOf } from '../../tasks/Evaluate/confidence/sureness';
import { swapPValue } from '../../tasks/Evaluate/confidence/swapTest';
import { judge } from '../../tasks/common/criteria/judge';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';
import type { Rivalry, Scenario } from './rivals';

/** What came of the comparisons at one level. */
export interface Frequency {
  approved: number;
  /** Comparisons that the candidate won, but for which the rows did not suffice. */
  refused: number;
  /** Approvals by the reference: the randomisation test, row by row and without anything else. */
  byReference: number;
}

export interface Frequencies {
  /** As many as were asked for, or as there was time for. */
  readonly comparisons: number;
  readonly byLevel: ReadonlyMap<number, Frequency>;
}

export interface Cell {
  readonly metric: string;
  readonly rows: number;
  readonly rivalry: Rivalry;
}

/**
 * How often a criterion `metric < champion with … confidence` (or `>`) approves candidates of a scenario, at each level by the same
 * comparisons. Seeded. Whoever is not approved at a level is not at a higher one: its interval is wider, its test stricter and its
 * rows fewer, so that most comparisons are decided at the lowest.
 */
export async function frequencyOf(
  { draw }: Scenario,
  { metric: metricName, rows, rivalry }: Cell,
  levels: readonly number[],
  { comparisons, until = Infinity }: { comparisons: number; until?: number },
): Promise<Frequencies> {
  const lessIsBetter = metricName === 'rmse' || metricName === 'mae';
  const random = new Random(rows);
  const classes = new ClassDictionary();
  classes.code('0');
  classes.code('1');
  const rising = [...levels].sort((a, b) => a - b);
  const byLevel = new Map(levels.map((level) => [level, { approved: 0, refused: 0, byReference: 0 }]));
  const count = (level: number, what: keyof Frequency) => void byLevel.get(level)![what]++;
  let done = 0;
  for (; done < comparisons && (done === 0 || Date.now() < until); done++) {
    const metric = formulaOf(metricName).build(draw(rows, rivalry, metricName, random), classes);
    if ('why' in metric) throw new Error(metric.why);
    const [candidate, champion] = metric.values(new Uint8Array(rows).fill(1));
    // Never approved, whatever the confidence; spares the time.
    if (!(lessIsBetter ? candidate < champion : candidate > champion)) continue;
    for (const level of rising) {
      const outcome = await gate(metric, metricName, lessIsBetter, level);
      if (outcome !== 'unsure') count(level, outcome);
      if (outcome === 'unsure') break;
    }
    if (rivalry === 'better') {
      const pValue = await reference(metric, Math.max(...levels));
      for (const level of levels) if (pValue < 1 - level) count(level, 'byReference');
    }
  }
  return { comparisons: done, byLevel };
}

async function gate(
  metric: PairedMetric,
  name: string,
  lessIsBetter: boolean,
  level: number,
): Promise<'approved' | 'refused' | 'unsure'> {
  const text = `${name} ${lessIsBetter ? '<' : '>'} champion with ${level * 100}% confidence`;
  const criterion = parseCriteria(text).criteria[0]!;
  const sure = await surenessOf(metric, criterion.limit, level);
  if (sure.kind === 'unavailable') return 'refused';
  return judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, sure).passed ? 'approved' : 'unsure';
}

async function reference(metric: PairedMetric, level: number): Promise<number> {
  // More resamples than the gate takes, so that the reference owes less to chance.
  return swapPValue(metric, new Float64Array(0), 2 * resamplesFor(level), undefined, Infinity);
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
