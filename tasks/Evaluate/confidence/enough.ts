/** How many of what a decision at a level needs: with fewer, no arrangement of them is rare enough. */
export interface Need {
  readonly rows: number;
  /** Rows of the rarest class, where the metric rests on them. */
  readonly rarest: number;
}

export function needAt(level: number): Need {
  const signs = Math.ceil(-Math.log2((1 - level) / 2));
  return { rows: 2 * signs, rarest: signs };
}

/** The third moment about the mean, in standard deviations: above zero where the few that lie far out are large. */
export function skewnessOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (value - mean) ** 2;
    cubes += (value - mean) ** 3;
  }
  return squares > 0 ? cubes / values.length / (squares / values.length) ** 1.5 : 0;
}
