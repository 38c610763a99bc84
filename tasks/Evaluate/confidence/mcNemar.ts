/**
 * McNemar's exact test of whether two classifiers are right equally often on the same rows: of the rows that only one got
 * right, each model should have half. Two-sided, from the binomial distribution.
 * Source: Q. McNemar, Psychometrika 12 (1947); T. Dietterich, Neural Computation 10 (1998).
 * @param onlyFirst rows that only the first got right
 * @param onlySecond rows that only the second got right
 * @returns the p-value; 1 where there are no such rows
 */
export function mcNemarPValue(onlyFirst: number, onlySecond: number): number {
  const rows = onlyFirst + onlySecond;
  if (rows === 0) return 1;
  return Math.min(1, 2 * binomialTailAtHalf(Math.min(onlyFirst, onlySecond), rows));
}

/** P(X ≤ k) of X binomial with n draws at 1/2, summed from the largest term down until terms no longer count. */
function binomialTailAtHalf(k: number, n: number): number {
  const largest = Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
  let sum = 0;
  let share = 1;
  for (let index = k; index >= 0 && share > 1e-18; index--) {
    sum += share;
    share *= index / (n - index + 1);
  }
  return largest * sum;
}

/** ln n!, by Stirling's series from 32 on, where its error is below 1e-15. */
function logFactorial(n: number): number {
  if (n < 32) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const square = n * n;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / n;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
