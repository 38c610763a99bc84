/**
 * A metric of two models over the same rows. Both functions are called hundreds to thousands of times over up to a million
 * rows: implementations hold what they need of each row in typed arrays and go through it once.
 */
export interface PairedMetric {
  readonly rows: number;
  /** How many rows there are of what is rarest, where the metric rests on it: "rows of class 1". */
  readonly rarest?: { readonly what: string; readonly count: number };
  /** [candidate, champion], each row counted as often as said; without a champion the second is NaN. */
  values(counts: Uint8Array): [number, number];
  /**
   * For each of the blocks [candidate, champion] of the rows that are not in it: what `values` would say of them, by one pass over the
   * rows for all blocks where the metric allows it.
   */
  withoutEach?(blocks: Blocks): Array<[number, number]>;
  /** [candidate, champion], had the two changed places in the rows marked 1. */
  swapped(swap: Uint8Array): [number, number];
  /**
   * The same over a row more for each way in which a row may speak for the one model or for the other. Rows in which all is well say
   * nothing of how seldom it is not: twelve that are all right vary by nothing, and a bound would be sure of them.
   * Source: for a difference of proportions, D. Bonett and R. Price, J. Educ. Behav. Stat. 37 (2012).
   */
  cautious?(): PairedMetric;
}

/** Rows in parts. */
export interface Blocks {
  readonly count: number;
  /** The block of each row. */
  readonly ofRow: Uint16Array;
}

/** The metric over those imagined rows too, where it has them: for claims that rows in which all is well cannot prove. */
export function cautious(metric: PairedMetric): PairedMetric {
  return metric.cautious?.() ?? metric;
}

/** Mean over rows of a value per row, and a function of that mean: mae, log loss, rmse (the root of the mean of squares). */
export function meanMetric(
  candidate: Float64Array,
  champion: Float64Array | undefined,
  after: (mean: number) => number = (mean) => mean,
): PairedMetric {
  const rows = candidate.length;
  const other = champion ?? candidate;
  return {
    rows,
    values(counts) {
      let [first, second, weight] = [0, 0, 0];
      for (let row = 0; row < rows; row++) {
        const count = counts[row]!;
        weight += count;
        first += count * candidate[row]!;
        second += count * other[row]!;
      }
      return [after(first / weight), champion ? after(second / weight) : NaN];
    },
    withoutEach({ count, ofRow }) {
      const [weights, first, second] = [0, 1, 2].map(() => new Float64Array(count)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
      for (let row = 0; row < rows; row++) {
        const block = ofRow[row]!;
        weights[block]!++;
        first[block]! += candidate[row]!;
        second[block]! += other[row]!;
      }
      const sum = (parts: Float64Array) => parts.reduce((all, part) => all + part, 0);
      const [own, theirs] = [sum(first), sum(second)];
      return Array.from(weights, (weight, block) => {
        const rest = rows - weight;
        return [after((own - first[block]!) / rest), champion ? after((theirs - second[block]!) / rest) : NaN];
      });
    },
    swapped(swap) {
      const [first, second] = swappedSums(candidate, other, swap);
      return [after(first / rows), after(second / rows)];
    },
    cautious() {
      let [least, most] = [Infinity, -Infinity];
      for (const values of [candidate, other]) {
        for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
      }
      return meanMetric(extended(candidate, [most, least]), champion && extended(champion, [least, most]), after);
    },
  };
}

/** The values, and some more. */
export function extended(values: Float64Array, more: readonly number[]): Float64Array {
  const all = new Float64Array(values.length + more.length);
  all.set(values);
  all.set(more, values.length);
  return all;
}

function swappedSums(candidate: Float64Array, champion: Float64Array, swap: Uint8Array): [number, number] {
  let [first, second] = [0, 0];
  for (let row = 0; row < candidate.length; row++) {
    const [own, other] = [candidate[row]!, champion[row]!];
    const moved = swap[row]! * (other - own);
    first += own + moved;
    second += other - moved;
  }
  return [first, second];
}

/** 1 − sum of squared errors / sum of squared deviations of the label from its mean over the rows counted. */
export function r2Metric(
  label: Float64Array,
  candidateSquares: Float64Array,
  championSquares: Float64Array | undefined,
): PairedMetric {
  const rows = label.length;
  // Centred once, so that the difference of large sums below loses no digits.
  const mean = label.reduce((sum, value) => sum + value, 0) / rows;
  const centred = label.map((value) => value - mean);
  const total = centred.reduce((sum, value) => sum + value * value, 0);
  const other = championSquares ?? candidateSquares;
  return {
    rows,
    values(counts) {
      let [weight, sum, squares, first, second] = [0, 0, 0, 0, 0];
      for (let row = 0; row < rows; row++) {
        const count = counts[row]!;
        const value = centred[row]!;
        weight += count;
        sum += count * value;
        squares += count * value * value;
        first += count * candidateSquares[row]!;
        second += count * other[row]!;
      }
      const spread = squares - (sum * sum) / weight;
      return spread > 0 ? [1 - first / spread, championSquares ? 1 - second / spread : NaN] : [NaN, NaN];
    },
    swapped(swap) {
      const [first, second] = swappedSums(candidateSquares, other, swap);
      return [1 - first / total, 1 - second / total];
    },
  };
}
