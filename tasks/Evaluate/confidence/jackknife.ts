import type { Resampled } from './pairedMetric';
import { Random } from './random';

/** So many pseudo-values at most: with more rows, a pseudo-value is of a block of them, drawn at random. */
export const mostBlocks = 400;

/** The same rows give the same blocks, always. */
const seed = 18;

/**
 * What each row (or each of 400 blocks of rows) says of a statistic of both models: the statistic of all rows, moved by
 * what leaving the block out changes. Their mean is the statistic but for its bias, their spread is its variance; for a
 * mean they are the values themselves, for auc nearly DeLong's components.
 * Source: J. Tukey, Annals of Mathematical Statistics 29 (1958); J. Shao and D. Tu, The Jackknife and Bootstrap (1995), 2.3.
 * @param pause called now and then; it may wait, and throws to stop
 * @returns NaN among them where the metric has no value without a block
 */
export async function pseudoValues(
  metric: Resampled,
  statistic: (candidate: number, champion: number) => number,
  pause: () => Promise<void> = async () => {},
): Promise<Float64Array> {
  const { rows } = metric;
  const count = Math.min(rows, mostBlocks);
  const whole = statistic(...metric.values(new Uint8Array(rows).fill(1)));
  const ofRow = new Uint16Array(rows);
  const order = count < rows ? shuffled(rows) : undefined;
  for (let place = 0, block = 0; place < rows; place++) {
    if (place >= startOf(block + 1, rows, count)) block++;
    ofRow[order ? order[place]! : place] = block;
  }
  await pause();
  const rests = metric.withoutEach({ count, ofRow });
  return Float64Array.from(rests, (rest, block) => {
    const size = startOf(block + 1, rows, count) - startOf(block, rows, count);
    return whole + ((rows - size) / size) * (whole - statistic(...rest));
  });
}

function startOf(block: number, rows: number, blocks: number): number {
  return Math.floor((block * rows) / blocks);
}

function shuffled(rows: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const random = new Random(seed);
  for (let last = rows - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const row = order[last]!;
    order[last] = order[other]!;
    order[other] = row;
  }
  return order;
}
