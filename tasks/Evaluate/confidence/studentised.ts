import { Random } from './random';

/** The same rows give the same interval, always: a decision must not depend on luck. */
const seed = 20;

export interface StudentisedInterval {
  readonly lower: number;
  readonly upper: number;
  readonly standardError: number;
}

/** 2,000, and more where the tails beyond the level would hold fewer than ten. */
export function resamplesFor(level: number): number {
  return Math.max(2000, Math.ceil(Number((20 / (1 - level)).toPrecision(12))));
}

/**
 * The studentised bootstrap (bootstrap-t) interval of a statistic by its pseudo-values: how far the mean of a resample
 * lies from theirs, in standard errors of that resample, is how far the statistic lies from the truth. Unlike the
 * percentile interval it reaches further on the side of a long tail, where rows that weigh much were not seen yet.
 * Source: P. Hall, The Bootstrap and Edgeworth Expansion (1992), chapter 3; B. Efron and R. Tibshirani (1993), chapter 12.
 * @param level 0.95 leaves 2.5 % of the resamples beyond each end
 */
export function studentisedInterval(
  statistic: number,
  pseudoValues: Float64Array,
  level: number,
  resamples = resamplesFor(level),
): StudentisedInterval {
  const count = pseudoValues.length;
  const mean = pseudoValues.reduce((sum, value) => sum + value, 0) / count;
  const centred = pseudoValues.map((value) => value - mean);
  const squares = centred.map((value) => value * value);
  const standardError = errorOfMean(0, squares.reduce((sum, value) => sum + value, 0), count); // prettier-ignore
  if (!(standardError > 0)) return { lower: statistic, upper: statistic, standardError };
  const random = new Random(seed);
  const ratios = new Float64Array(resamples);
  for (let index = 0; index < resamples; index++) {
    let [sum, square] = [0, 0];
    for (let draw = 0; draw < count; draw++) {
      const row = random.below(count);
      sum += centred[row]!;
      square += squares[row]!;
    }
    const error = errorOfMean(sum, square, count);
    ratios[index] = sum === 0 ? 0 : sum / count / error;
  }
  ratios.sort();
  return {
    lower: statistic - quantile(ratios, (1 + level) / 2) * standardError,
    upper: statistic - quantile(ratios, (1 - level) / 2) * standardError,
    standardError,
  };
}

function errorOfMean(sum: number, squares: number, count: number): number {
  return Math.sqrt(Math.max(0, squares - (sum * sum) / count) / (count * (count - 1)));
}

/** Of sorted values, between two neighbours in proportion, as numpy's default does. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (high - low) * (position - below);
}
