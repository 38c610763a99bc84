import { skewnessOf } from './enough';

/** One in a hundred models of the champion's own shape looks this different, in standard errors. */
const otherShape = 2.326;
/** Less is enough where the rows in which they differ are out of balance the same way. */
const perhapsOtherShape = 1.3;
const leastDifference = 1e-6;
/** Of a sum: what is left of it by subtraction is rounding below this. */
const nothingLeft = 1e-9;
/** Skewness, over the root of how many it is of, from which on rows that were not drawn may turn the difference. */
const outOfBalance = 0.1;

/**
 * Whether the model with the smaller mean owes that, perhaps, to rows that were not drawn: its largest value is larger than the other
 * model's all the same, and its values are of another shape, with a longer tail. No test sees rows that are not there; but few rows of
 * a long tail are seldom none.
 * @param values of both models, row by row, the larger the worse
 * @param differences what each row (or block of rows) says of the difference
 */
export function hasLongerTail(values: readonly [Float64Array, Float64Array], differences: Float64Array): boolean {
  const [smaller, larger] = sumOf(values[0]) < sumOf(values[1]) ? values : [values[1], values[0]];
  if (!(largestOf(smaller) > largestOf(larger))) return false;
  const excess = tailExcess(smaller, larger);
  if (excess > otherShape) return true;
  const skewness = skewnessOf(differences) / Math.sqrt(differences.length);
  return excess > perhapsOtherShape && -skewness * Math.sign(sumOf(differences)) > outOfBalance;
}

/**
 * How much longer one model's tail is than the other's, in standard errors by jackknife: by how far the mean of the root of its values
 * lies below the root of their mean, which no change of scale moves. For squared errors this is Geary's measure of kurtosis.
 * Source: R. Geary, Biometrika 27 (1935); R. Miller, Biometrika 55 (1968), for the jackknife.
 * @returns 0 where the values of one are all the least there is, so that it has no shape; Infinity where a single row holds all that it has
 */
export function tailExcess(one: Float64Array, other: Float64Array): number {
  const rows = one.length;
  // Errors have none below 0; what has is counted from its least.
  let least = 0;
  for (let row = 0; row < rows; row++) least = Math.min(least, one[row]!, other[row]!);
  let [roots, sum, otherRoots, otherSum] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const [value, theirs] = [one[row]! - least, other[row]! - least];
    roots += Math.sqrt(value);
    sum += value;
    otherRoots += Math.sqrt(theirs);
    otherSum += theirs;
  }
  // Of the other less of the one: 2 log(mean of roots) − log(mean). How many rows there are cancels out.
  const whole = Math.log(((otherRoots * otherRoots) / otherSum) * (sum / (roots * roots)));
  if (!Number.isFinite(whole)) return 0;
  let [mean, squares] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [value, theirs] = [one[row]! - least, other[row]! - least];
    const [restOfRoots, rest] = [roots - Math.sqrt(value), sum - value];
    // Without that row it has no shape: no tail is longer than one that hangs on a single row.
    if (!(rest > nothingLeft * sum)) return Infinity;
    const [restOfOtherRoots, restOfOther] = [otherRoots - Math.sqrt(theirs), otherSum - theirs];
    const without = Math.log(
      ((restOfOtherRoots * restOfOtherRoots) / restOfOther) * (rest / (restOfRoots * restOfRoots)),
    );
    // Welford's way: the numbers may be large beside their spread.
    const change = rows * whole - (rows - 1) * without - mean;
    mean += change / (row + 1);
    squares += change * change * (row / (row + 1));
  }
  if (!Number.isFinite(mean)) return Infinity;
  // Values that are multiples of each other differ in shape by rounding.
  if (!(Math.abs(mean) > leastDifference)) return 0;
  return mean / Math.sqrt(squares / (rows * (rows - 1)));
}

function largestOf(values: Float64Array): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
