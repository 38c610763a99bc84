/** How many of what a decision at a level needs: with fewer, no arrangement of them is rare enough. */
export interface Need {
  readonly rows: number;
  /** Rows of the rarest class, where the metric rests on them. */
  readonly rarest: number;
}

/** @param plain two models as they are: the randomisation test is exact, and guards what the rarest class cannot show but one way */
export function needAt(level: number, plain = false): Need {
  const signs = (share: number) => Math.ceil(-Math.log2(Number(share.toPrecision(12))));
  const both = signs((1 - level) / 2);
  return { rows: 2 * both, rarest: plain ? signs(1 - level) : both };
}

/** Of the classes 0 and 1, the one with fewer rows. */
export function rarerClass(ones: number, rows: number): { what: string; count: number } {
  const rare = ones < rows - ones ? 1 : 0;
  return { what: `rows of class ${rare}`, count: rare ? ones : rows - ones };
}

/** Of the mean of these. */
export function standardErrorOf(values: Float64Array): number {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (count * (count - 1)));
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
