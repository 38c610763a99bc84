import { isPlainComparison, type Limit } from '../../common/criteria/criterion';
import { unavailable, type Interval, type Uncertainty } from '../../common/criteria/verdict';
import { needAt, skewnessOf, standardErrorOf } from './enough';
import { hasLongerTail } from './errorShape';
import { pseudoValues } from './jackknife';
import { normalQuantile } from './normalQuantile';
import { cautious, type PairedMetric } from './pairedMetric';
import { resamplesFor, studentisedInterval } from './studentised';
import { flipTest, swapTest } from './randomisation';

/** Rows that are this far out of balance may well hide others of their kind that were not drawn. */
const mostSkewness = 1;

/** How much wider the interval is where the candidate's rare large errors may not have been seen. */
export const widening = 3;

interface Options {
  /** Called now and then; it throws to stop. */
  readonly pause?: () => Promise<void>;
  /** Where only the decision counts: from which p-value on nothing is approved any more. */
  readonly hopelessFrom?: number;
}

/**
 * How sure candidate − limit is, from the rows. Where too little is there for a method to keep its promise, it says how much is needed.
 * @param pause called now and then; it throws to stop
 */
export async function surenessOf(
  metric: PairedMetric,
  limit: Limit,
  level: number,
  pause?: () => Promise<void>,
): Promise<Uncertainty> {
  return (await surenessAt([level], metric, limit, { pause }))[0]!;
}

/** The same at several levels, from the same resamples. */
export async function surenessAt(
  levels: readonly number[],
  metric: PairedMetric,
  limit: Limit,
  options: Options = {},
): Promise<Uncertainty[]> {
  const [candidate, champion] = metric.values(new Uint8Array(metric.rows).fill(1));
  const difference = (own: number, other: number) =>
    own - (limit.kind === 'number' ? limit.value : other * limit.factor + limit.offset);
  const statistic = difference(candidate, champion);
  const plain = isPlainComparison(limit);
  const all = (why: string) => levels.map((level) => unavailable(tooFewRows(metric, level, plain) ?? why));
  if (!Number.isFinite(statistic)) return levels.map(() => unavailable('the metric has no value for these rows.'));
  if (levels.every((level) => tooFewRows(metric, level, plain))) return all('');
  const values = await pseudoValues(plain ? metric : cautious(metric), difference, options.pause);
  if (!values.every(Number.isFinite)) {
    return all('the metric has no value any more where some rows are left out; it takes more rows of each class.');
  }
  const found = { candidate, ...(limit.kind === 'champion' ? { champion } : {}), rows: metric.rows };
  const at = plain
    ? await asCompared(metric, { statistic, values }, levels, options)
    : await asBounded({ statistic, values }, limit, options);
  return Promise.all(
    levels.map(async (level) => {
      const scarce = tooFewRows(metric, level, plain);
      if (scarce) return unavailable(scarce);
      const sure = await at(level);
      return sure.kind === 'unavailable' ? sure : { ...found, level, resamples: resamplesFor(level), ...sure };
    }),
  );
}

interface Difference {
  readonly statistic: number;
  /** What each row (or block of rows) says of it. */
  readonly values: Float64Array;
}

type Sure = Uncertainty & { readonly kind: 'unavailable' } | Pick<Interval, 'kind' | 'lower' | 'upper' | 'method' | 'swapPValue' | 'longerTail'>; // prettier-ignore
type AtLevel = (level: number) => Sure | Promise<Sure>;

/**
 * Two models as they are, by the randomisation test. The interval reaches as far to both sides as a difference has to be for the test to
 * confirm it. For a mean over rows the test holds for models whose rows are of different shapes too, if there are enough of them:
 * what changes places varies as much as the difference does (A. Janssen, Statistics & Probability Letters 36, 1997). For other metrics
 * the difference has to be as large as its jackknife standard error asks, too: for auc this is DeLong's test.
 */
async function asCompared(
  metric: PairedMetric,
  { statistic, values }: Difference,
  levels: readonly number[],
  options: Options,
): Promise<AtLevel> {
  const { pValue, critical } = await swapTest(metric, values, resamplesFor(Math.max(...levels)), options);
  const errors = metric.isOfProbabilities ? undefined : metric.rowValues;
  const longerTail = pValue < 1 - Math.min(...levels) && !!errors && hasLongerTail(errors, values);
  return (level) => {
    const width = metric.rowValues
      ? critical(level) * (longerTail ? widening : 1)
      : Math.max(critical(level), normalQuantile(level) * standardErrorOf(values));
    return {
      kind: 'interval',
      method: 'randomisation',
      lower: statistic - width,
      upper: statistic + width,
      swapPValue: pValue,
      ...(longerTail ? { longerTail } : {}),
    };
  };
}

/**
 * A bound or margin, by the studentised interval of rows that are counted cautiously; where models are compared the pseudo-values, which
 * change their sign at random, must confirm it.
 */
async function asBounded({ statistic, values }: Difference, limit: Limit, { pause }: Options): Promise<AtLevel> {
  if (values.every((value) => value === values[0])) {
    const why =
      'all rows say the same, so that nothing is known of how they may differ. It takes rows that are harder.';
    return () => unavailable(why);
  }
  return async (level) => {
    const { lower, upper } = studentisedInterval(statistic, values, level);
    const interval = { kind: 'interval', method: 'bootstrap', lower, upper } as const;
    // An interval that holds 0 decides already.
    if (limit.kind === 'number' || !(lower > 0 || upper < 0)) return interval;
    if (skewnessOf(values) * Math.sign(statistic) < -mostSkewness) {
      return unavailable(
        'the models differ one way in most rows, but far the other way in a few; how often such rows come is not known from so few. It takes more rows.',
      );
    }
    return { ...interval, swapPValue: (await flipTest(values, resamplesFor(level), { pause })).pValue };
  };
}

/** What is lacking for a decision at this level, in a sentence; undefined where enough is there. */
export function tooFewRows({ rows, rarest }: PairedMetric, level: number, plain = false): string | undefined {
  const need = needAt(level, plain);
  if (rows < need.rows) return itTakes(`there are ${rows} rows`, need.rows, level);
  if (rarest && rarest.count < need.rarest) return itTakes(`there are ${rarest.count} ${rarest.what}`, need.rarest, level); // prettier-ignore
  return undefined;
}

function itTakes(what: string, needed: number, level: number): string {
  return `${what}; at ${Number((level * 100).toPrecision(6))}% confidence it takes at least ${needed}.`;
}
