/**
 * The exact interval of a proportion: it holds its level for any number of rows, all right and all wrong included, where
 * a bootstrap would see no uncertainty at all.
 * Source: C. Clopper and E. Pearson, Biometrika 26 (1934); statsmodels, proportion_confint(method="beta").
 * @param hits of `rows`
 * @param level such as 0.95, two-sided
 * @returns both ends, within [0, 1]
 */
export function proportionInterval(hits: number, rows: number, level: number): [lower: number, upper: number] {
  const tail = (1 - level) / 2;
  return [
    hits === 0 ? 0 : quantile((share) => incompleteBeta(share, hits, rows - hits + 1), tail),
    hits === rows ? 1 : quantile((share) => incompleteBeta(share, hits + 1, rows - hits), 1 - tail),
  ];
}

/** Where a growing function of [0, 1] takes a value. */
function quantile(distribution: (share: number) => number, value: number): number {
  let [low, high] = [0, 1];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (distribution(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The regularised incomplete beta function, by Lentz's continued fraction.
 * Source: NIST Digital Library of Mathematical Functions, 8.17.22.
 * @param x between 0 and 1
 */
function incompleteBeta(x: number, a: number, b: number): number {
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const apart = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / apart(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 10_000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / apart(1 + term * d);
      c = apart(1 + term / c);
      result *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return result;
}

/** ln Γ(x) for x ≥ 1, by Stirling's series above 16. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 16; at++) shift += Math.log(at);
  const square = at * at;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
