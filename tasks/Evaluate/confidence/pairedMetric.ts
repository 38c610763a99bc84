import { marksFor, sumOverMarked, type Marks } from './marks';

/** A metric of two models, of which rows can be left out. Implementations hold what they need of each row in typed arrays. */
export interface Resampled {
  readonly rows: number;
  /** [candidate, champion], each row counted as often as said; without a champion the second is NaN. */
  values(counts: Uint8Array): [number, number];
  /** For each of the blocks [candidate, champion] of the rows that are not in it: what `values` would say of them, by one pass over the rows for all. */
  withoutEach(blocks: Blocks): Array<[number, number]>;
}

/** A metric of two models over the same rows. */
export interface PairedMetric extends Resampled {
  /** How many rows there are of what is rarest, where the metric rests on it: "rows of class 1". */
  readonly rarest?: { readonly what: string; readonly count: number };
  /** Of a mean over rows, and functions of it: what is averaged, of candidate and champion. Of errors and losses, the larger the worse. */
  readonly rowValues?: readonly [Float64Array, Float64Array];
  /** Of losses of probabilities: the surer model errs in fewer rows, but more in these, so that a longer tail is no sign of rows not drawn. */
  readonly isOfProbabilities?: true;
  /** Candidate − champion, had the two changed places in the rows marked: prepared once, and asked thousands of times. */
  swapping(): (swap: Marks) => number;
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

/** The same of rows of which the larger is the better: what a row lacks is an error. */
export function moreIsBetter(metric: PairedMetric): PairedMetric {
  if (!metric.rowValues) return metric;
  const [candidate, champion] = metric.rowValues;
  return { ...metric, rowValues: [candidate.map((value) => -value), champion.map((value) => -value)] };
}

/**
 * Mean over rows of a value per row, and a function of that mean: mae, log loss, rmse (the root of the mean of squares).
 * @param root of a mean that is not negative; left out, the mean itself
 */
export function meanMetric(
  candidate: Float64Array,
  champion: Float64Array | undefined,
  root?: (mean: number) => number,
): PairedMetric {
  const rows = candidate.length;
  const after = root ?? ((mean: number) => mean);
  const other = champion ?? candidate;
  return {
    rows,
    rowValues: [candidate, other],
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
    withoutEach(blocks) {
      const [own, theirs] = [sumsOfBlocks(candidate, blocks), sumsOfBlocks(other, blocks)];
      const mean = ({ all, parts }: Sums, block: number) => after((all - parts[block]!) / (rows - own.sizes[block]!));
      return Array.from(own.sizes, (_, block) => [mean(own, block), champion ? mean(theirs, block) : NaN]);
    },
    swapping() {
      const { both, leadOf } = swappedLead(candidate, other);
      if (!root) return (swap) => leadOf(swap) / rows;
      const rootOf = (twice: number) => root(Math.max(0, twice) / 2 / rows);
      return (swap) => {
        const lead = leadOf(swap);
        return rootOf(both + lead) - rootOf(both - lead);
      };
    },
    cautious() {
      let [least, most] = [Infinity, -Infinity];
      for (const values of [candidate, other]) {
        for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
      }
      return meanMetric(extended(candidate, [most, least]), champion && extended(champion, [least, most]), root);
    },
  };
}

interface Sums {
  readonly all: number;
  readonly parts: Float64Array;
  readonly sizes: Float64Array;
}

/** The sum of the values in each block, and of all, by one pass. */
function sumsOfBlocks(values: Float64Array, { count, ofRow }: Blocks): Sums {
  const [parts, sizes] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < values.length; row++) {
    const block = ofRow[row]!;
    parts[block]! += values[row]!;
    sizes[block]!++;
  }
  return { all: parts.reduce((sum, part) => sum + part, 0), parts, sizes };
}

/** The values, and some more. */
export function extended(values: Float64Array, more: readonly number[]): Float64Array {
  const all = new Float64Array(values.length + more.length);
  all.set(values);
  all.set(more, values.length);
  return all;
}

/**
 * What both sums are together, and by how much the candidate's exceeds the champion's once the marked rows have changed places. All of
 * them marked give exactly the opposite of none: a difference as large as the observed one must not fall short of it by rounding,
 * of which a root makes much near zero.
 */
function swappedLead(candidate: Float64Array, champion: Float64Array) {
  const moved = sumOverMarked(champion.map((value, row) => value - candidate[row]!));
  const lead = -moved(marksFor(candidate.length).fill(0xffffffff));
  const own = candidate.reduce((total, value) => total + value, 0);
  return { both: 2 * own - lead, leadOf: (swap: Marks) => lead + 2 * moved(swap) };
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
  const r2Of = (weight: number, sum: number, squares: number, errors: [number, number]): [number, number] => {
    const spread = squares - (sum * sum) / weight;
    if (!(spread > 0)) return [NaN, NaN];
    return [1 - errors[0] / spread, championSquares ? 1 - errors[1] / spread : NaN];
  };
  return {
    rows,
    rowValues: [candidateSquares, other],
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
      return r2Of(weight, sum, squares, [first, second]);
    },
    withoutEach(blocks) {
      const [sums, squares] = [
        sumsOfBlocks(centred, blocks),
        sumsOfBlocks(
          centred.map((value) => value * value),
          blocks,
        ),
      ];
      const [first, second] = [sumsOfBlocks(candidateSquares, blocks), sumsOfBlocks(other, blocks)];
      const rest = ({ all, parts }: Sums, block: number) => all - parts[block]!;
      return Array.from(sums.sizes, (size, block) =>
        r2Of(rows - size, rest(sums, block), rest(squares, block), [rest(first, block), rest(second, block)]),
      );
    },
    swapping() {
      const { leadOf } = swappedLead(candidateSquares, other);
      return (swap) => -leadOf(swap) / total;
    },
  };
}
