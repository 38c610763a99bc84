import { Random } from './random';
import type { PairedMetric } from './pairedMetric';

/** The same rows give the same interval, always: a decision must not depend on luck. */
const seed = 20;

export interface BootstrapInterval {
  readonly lower: number;
  readonly upper: number;
  readonly resamples: number;
  /** Resamples in which the metric has no value, e.g. the AUC where all rows are of one class. */
  readonly undefinedResamples: number;
}

/** 2,000, and more where the tails beyond the level would hold fewer than ten. */
export function resamplesFor(level: number): number {
  return Math.max(2000, Math.ceil(Number((20 / (1 - level)).toPrecision(12))));
}

/**
 * The percentile bootstrap interval of a statistic of two models' values over the same rows. Rows are drawn with
 * replacement and both models see the same draw, so that what a row is worth to both cancels out.
 * Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 8.3.
 * @param level 0.95 leaves 2.5 % of the resamples beyond each end
 * @param pause called between resamples every now and then; it may wait, and throws to stop
 */
export async function bootstrapInterval(
  metric: PairedMetric,
  statistic: (candidate: number, champion: number) => number,
  level: number,
  pause: () => Promise<void> = async () => {},
  resamples = resamplesFor(level),
): Promise<BootstrapInterval> {
  const random = new Random(seed);
  const counts = new Uint8Array(metric.rows);
  const values = new Float64Array(resamples);
  const often = Math.max(1, Math.floor(2_000_000 / Math.max(1, metric.rows)));
  let undefinedResamples = 0;
  for (let index = 0; index < resamples; index++) {
    random.resample(counts);
    const [candidate, champion] = metric.values(counts);
    values[index] = statistic(candidate, champion);
    if (!Number.isFinite(values[index])) undefinedResamples++;
    if (index % often === 0) await pause();
  }
  values.sort();
  return {
    lower: quantile(values, (1 - level) / 2),
    upper: quantile(values, (1 + level) / 2),
    resamples,
    undefinedResamples,
  };
}

/** Of sorted values, between two neighbours in proportion, as numpy's default does. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
