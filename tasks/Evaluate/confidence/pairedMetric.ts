/**
 * A metric of two models over the same rows, as a function of how often each row counts. `values` is called thousands of
 * times over a million rows: implementations hold what they need of each row in typed arrays and go through it once.
 */
export interface PairedMetric {
  readonly rows: number;
  /** [candidate, champion]; without a champion the second is NaN. */
  values(counts: Uint8Array): [number, number];
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
  };
}

/** 1 − sum of squared errors / sum of squared deviations of the label from its mean over the rows drawn. */
export function r2Metric(
  label: Float64Array,
  candidateSquares: Float64Array,
  championSquares: Float64Array | undefined,
): PairedMetric {
  const rows = label.length;
  // Centred once, so that the difference of large sums below loses no digits.
  const mean = label.reduce((sum, value) => sum + value, 0) / rows;
  const centred = label.map((value) => value - mean);
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
  };
}

/**
 * Metrics of what each row's outcome is among a few: rows are counted by cell, and `of` makes the values of the counts.
 * @param cells the cell of each row, below `size`
 */
export function cellMetric(
  cells: Uint8Array,
  size: number,
  of: (cellCounts: Float64Array) => [number, number],
): PairedMetric {
  const rows = cells.length;
  const cellCounts = new Float64Array(size);
  return {
    rows,
    values(counts) {
      cellCounts.fill(0);
      for (let row = 0; row < rows; row++) cellCounts[cells[row]!]! += counts[row]!;
      return of(cellCounts);
    },
  };
}

/** The area under the ROC curve: how often a positive row scores above a negative one, ties counting half. */
export function aucMetric(
  positive: Uint8Array,
  candidate: Float64Array,
  champion: Float64Array | undefined,
): PairedMetric {
  const first = rankedRows(positive, candidate);
  const second = champion && rankedRows(positive, champion);
  return {
    rows: positive.length,
    values: (counts) => [weightedAuc(first, counts), second ? weightedAuc(second, counts) : NaN],
  };
}

interface RankedRows {
  /** Rows from the lowest score to the highest. */
  readonly order: Uint32Array;
  /** At each place of the order: bit 0, the row is positive; bit 1, its score is that of the place before. */
  readonly flags: Uint8Array;
}

function rankedRows(positive: Uint8Array, score: Float64Array): RankedRows {
  const order = new Uint32Array(score.length).map((_, row) => row);
  order.sort((a, b) => score[a]! - score[b]!);
  const flags = new Uint8Array(score.length);
  order.forEach((row, place) => {
    const tied = place > 0 && score[order[place - 1]!] === score[row];
    flags[place] = positive[row]! | (tied ? 2 : 0);
  });
  return { order, flags };
}

function weightedAuc({ order, flags }: RankedRows, counts: Uint8Array): number {
  let [negativesBelow, tiedNegatives, tiedPositives, positives, area] = [0, 0, 0, 0, 0];
  for (let place = 0; place < order.length; place++) {
    const flag = flags[place]!;
    if ((flag & 2) === 0) {
      area += tiedPositives * (negativesBelow + tiedNegatives / 2);
      negativesBelow += tiedNegatives;
      positives += tiedPositives;
      tiedNegatives = 0;
      tiedPositives = 0;
    }
    const count = counts[order[place]!]!;
    if ((flag & 1) === 1) tiedPositives += count;
    else tiedNegatives += count;
  }
  area += tiedPositives * (negativesBelow + tiedNegatives / 2);
  negativesBelow += tiedNegatives;
  positives += tiedPositives;
  return area / (positives * negativesBelow);
}
