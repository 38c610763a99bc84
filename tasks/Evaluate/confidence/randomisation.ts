import { marksFor, sumOverMarked, type Marks } from './marks';
import type { PairedMetric } from './pairedMetric';
import { Random } from './random';

const seed = 22;

/** Up to so many rows the models change places row by row; beyond, the pseudo-values of the difference change their sign. */
const mostRows = 4000;

/** What the randomisation test says of a difference. */
export interface Randomisation {
  /** Two-sided. */
  readonly pValue: number;
  /** How large a difference has to be, either way, for its p-value to be below 1 − level: at most as large, and it is not. */
  readonly critical: (level: number) => number;
}

export interface SwapOptions {
  readonly pause?: () => Promise<void>;
  readonly mostSwappedRows?: number;
  /**
   * Where only the decision counts: stop as soon as the p-value cannot fall below this any more. It is then given as this or more, and no
   * difference is large enough at a level that asks for less.
   */
  readonly hopelessFrom?: number;
}

/**
 * The paired randomisation test: had the two models the same quality, it would not matter which of the two answers of a
 * row is whose. How seldom a difference as large as theirs, either way, comes of answers that changed places at random is the
 * p-value. Exact: an equal model that is exchangeable gets p ≤ x in at most x of all cases, whatever the errors look like.
 * Source: E. Edgington, Randomization Tests (1980); B. Phipson and G. Smyth, SAGMB 9 (2010), for the one that is added.
 * @param values of the difference, by jackknife
 */
export async function swapTest(
  metric: PairedMetric,
  values: Float64Array,
  resamples: number,
  { pause, mostSwappedRows = mostRows, hopelessFrom }: SwapOptions = {},
): Promise<Randomisation> {
  if (metric.rows > mostSwappedRows) return flipTest(values, resamples, { pause, hopelessFrom });
  return randomised(metric.swapping(), metric.rows, resamples, { pause, hopelessFrom });
}

/** The same of the pseudo-values of candidate − limit, as a margin needs it: each changes its sign instead. */
export async function flipTest(
  values: Float64Array,
  resamples: number,
  options: Omit<SwapOptions, 'mostSwappedRows'> = {},
): Promise<Randomisation> {
  const total = values.reduce((sum, value) => sum + value, 0);
  const flipped = sumOverMarked(values);
  const mean = (flip: Marks) => (total - 2 * flipped(flip)) / values.length;
  return randomised(mean, values.length, resamples, options);
}

async function randomised(
  difference: (swap: Marks) => number,
  units: number,
  resamples: number,
  { pause = async () => {}, hopelessFrom = Infinity }: Omit<SwapOptions, 'mostSwappedRows'>,
): Promise<Randomisation> {
  const swap = marksFor(units);
  // What is equal but for rounding is equal.
  const observed = Math.abs(difference(swap)) * (1 - 1e-10);
  const random = new Random(seed);
  const often = Math.max(1, Math.floor(2_000_000 / units));
  const sizes = new Float64Array(resamples);
  let asLarge = 1;
  for (let index = 0; index < resamples; index++) {
    random.mark(swap);
    sizes[index] = Math.abs(difference(swap));
    if (!(sizes[index]! < observed)) asLarge++;
    if (asLarge >= hopelessFrom * (resamples + 1)) return { pValue: asLarge / (resamples + 1), critical: () => Infinity }; // prettier-ignore
    if (index % often === 0) await pause();
  }
  sizes.sort();
  return {
    pValue: asLarge / (resamples + 1),
    critical: (level) => {
      const fewer = Math.ceil(Number(((1 - level) * (resamples + 1)).toPrecision(12))) - 1;
      return fewer < 1 ? Infinity : sizes[resamples - fewer]!;
    },
  };
}
