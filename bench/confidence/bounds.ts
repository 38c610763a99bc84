/** The one-sided upper bound, by Clopper and Pearson, of a share of which `count` of `all` were seen. */
export function upperBound(count: number, all: number, confidence = 0.999): number {
  if (count === all) return 1;
  let [low, high] = [count / all, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(count, all, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The one-sided lower bound: what is not seen has the upper one. */
export function lowerBound(count: number, all: number, confidence = 0.999): number {
  return 1 - upperBound(all - count, all, confidence);
}

function binomialAtMost(count: number, all: number, share: number): number {
  const logs = new Float64Array(count + 1);
  logs[0] = all * Math.log1p(-share);
  for (let each = 1; each <= count; each++) {
    logs[each] = logs[each - 1]! + Math.log((all - each + 1) / each) + Math.log(share) - Math.log1p(-share);
  }
  // From the largest on, so that many comparisons do not end below what a number can hold.
  return logs.reduce((sum, log) => sum + Math.exp(log), 0);
}
