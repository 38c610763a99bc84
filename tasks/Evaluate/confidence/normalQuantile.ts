/**
 * How many standard deviations about the mean hold this share of a normal distribution: 1.96 for 95 %.
 * Source of the series: G. Marsaglia, Journal of Statistical Software 11 (2004).
 */
export function normalQuantile(level: number): number {
  let [low, high] = [0, 10];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (shareWithin(middle) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function shareWithin(deviations: number): number {
  let [sum, term] = [deviations, deviations];
  for (let odd = 3; term > 1e-18 * sum; odd += 2) {
    term *= (deviations * deviations) / odd;
    sum += term;
  }
  return sum * Math.exp(-(deviations * deviations) / 2) * Math.sqrt(2 / Math.PI);
}
