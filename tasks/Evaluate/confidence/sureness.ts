import { isPlainComparison, type Limit } from '../../common/criteria/criterion';
import { unavailable, type Uncertainty } from '../../common/criteria/verdict';
import { needAt, skewnessOf } from './enough';
import { pseudoValues } from './jackknife';
import { cautious, type PairedMetric } from './pairedMetric';
import { resamplesFor, studentisedInterval } from './studentised';
import { flipPValue, swapPValue } from './swapTest';

/** Rows that are this far out of balance may well hide others of their kind that were not drawn. */
const mostSkewness = 1;

/**
 * How sure candidate − limit is, from the rows. Where models are compared two ways must agree: the studentised interval,
 * which holds where the models' errors are of different shapes, and the randomisation test, which is exact where they are
 * of one shape. Where too little is there for either to keep its promise, it says how much is needed.
 * @param pause called now and then; it throws to stop
 */
export async function surenessOf(
  metric: PairedMetric,
  limit: Limit,
  level: number,
  pause: () => Promise<void> = async () => {},
): Promise<Uncertainty> {
  const [candidate, champion] = metric.values(new Uint8Array(metric.rows).fill(1));
  const compared = limit.kind === 'champion';
  const difference = (own: number, other: number) =>
    own - (limit.kind === 'number' ? limit.value : other * limit.factor + limit.offset);
  const statistic = difference(candidate, champion);
  if (!Number.isFinite(statistic)) return unavailable('the metric has no value for these rows.');
  const scarce = tooFewRows(metric, level);
  if (scarce) return unavailable(scarce);
  const plain = isPlainComparison(limit);
  const counted = plain ? metric : cautious(metric);
  const values = await pseudoValues(counted, difference, pause);
  if (!values.every(Number.isFinite)) {
    return unavailable(
      'the metric has no value any more where some rows are left out; it takes more rows of each class.',
    );
  }
  if (!plain && values.every((value) => value === values[0])) {
    return unavailable(
      'all rows say the same, so that nothing is known of how they may differ. It takes rows that are harder.',
    );
  }
  const { lower, upper } = studentisedInterval(statistic, values, level);
  const resamples = resamplesFor(level);
  const interval = { kind: 'interval', candidate, ...(compared ? { champion } : {}), lower, upper, level, rows: metric.rows, resamples } as const; // prettier-ignore
  // An interval that holds 0 decides already.
  if (!compared || !(lower > 0 || upper < 0)) return interval;
  if (skewnessOf(values) * Math.sign(statistic) < -mostSkewness) {
    return unavailable(
      'the models differ one way in most rows, but far the other way in a few; how often such rows come is not known from so few. It takes more rows.',
    );
  }
  const pValue = plain
    ? await swapPValue(metric, values, resamples, pause)
    : await flipPValue(values, resamples, pause);
  return { ...interval, swapPValue: pValue };
}

/** What is lacking for a decision at this level, in a sentence; undefined where enough is there. */
export function tooFewRows({ rows, rarest }: PairedMetric, level: number): string | undefined {
  const need = needAt(level);
  if (rows < need.rows) return itTakes(`there are ${rows} rows`, need.rows, level);
  if (rarest && rarest.count < need.rarest) return itTakes(`there are ${rarest.count} ${rarest.what}`, need.rarest, level); // prettier-ignore
  return undefined;
}

function itTakes(what: string, needed: number, level: number): string {
  return `${what}; at ${Number((level * 100).toPrecision(6))}% confidence it takes at least ${needed}.`;
}
