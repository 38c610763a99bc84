import type { PairedMetric } from './pairedMetric';
import { Random } from './random';

const seed = 22;

/** Up to so many rows the models change places row by row; beyond, the pseudo-values of the difference change their sign. */
const mostRows = 4000;

/**
 * The paired randomisation test: had the two models the same quality, it would not matter which of the two answers of a
 * row is whose. How seldom a difference as large as theirs comes of answers that changed places at random is the
 * p-value, two-sided (twice the smaller side). Exact: an equal model that is exchangeable gets p ≤ x in at most x of all
 * cases, whatever the errors look like.
 * Source: E. Edgington, Randomization Tests (1980); B. Phipson and G. Smyth, SAGMB 9 (2010), for the one that is added.
 * @param values of the difference, by jackknife
 */
export async function swapPValue(
  metric: PairedMetric,
  values: Float64Array,
  resamples: number,
  pause?: () => Promise<void>,
  mostSwappedRows = mostRows,
): Promise<number> {
  if (metric.rows > mostSwappedRows) return flipPValue(values, resamples, pause);
  const difference = (swap: Uint8Array) => {
    const [candidate, champion] = metric.swapped(swap);
    return candidate - champion;
  };
  return randomised(difference, metric.rows, resamples, pause);
}

/** The same of the pseudo-values of candidate − limit, as a margin needs it: each changes its sign instead. */
export async function flipPValue(
  values: Float64Array,
  resamples: number,
  pause?: () => Promise<void>,
): Promise<number> {
  const sum = (flip: Uint8Array) => {
    let total = 0;
    for (let index = 0; index < values.length; index++) total += flip[index] ? -values[index]! : values[index]!;
    return total;
  };
  return randomised(sum, values.length, resamples, pause);
}

async function randomised(
  difference: (swap: Uint8Array) => number,
  units: number,
  resamples: number,
  pause: () => Promise<void> = async () => {},
): Promise<number> {
  const swap = new Uint8Array(units);
  const observed = difference(swap);
  // What is equal but for rounding is equal.
  const tolerance = 1e-10 * Math.abs(observed);
  const random = new Random(seed);
  const often = Math.max(1, Math.floor(2_000_000 / units));
  let [below, above] = [1, 1];
  for (let index = 0; index < resamples; index++) {
    random.bits(swap);
    const value = difference(swap);
    if (!(value > observed + tolerance)) below++;
    if (!(value < observed - tolerance)) above++;
    if (index % often === 0) await pause();
  }
  return Math.min(1, (2 * Math.min(below, above)) / (resamples + 1));
}
