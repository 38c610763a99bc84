import { countsOfMarked, type Marks } from './marks';
import { extended, type Blocks, type PairedMetric } from './pairedMetric';

/** How many rows of each class (first index) were said to be of each class (second index), row by row in one array. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Float64Array;
}

/**
 * A metric of the confusion matrix.
 * @param label codes of classes, below `classes`
 */
export function confusionMetric(
  classes: number,
  label: Float64Array,
  candidate: Float64Array,
  champion: Float64Array | undefined,
  of: (confusion: Confusion) => number,
): PairedMetric {
  const rows = label.length;
  const own = placesOf(classes, label, candidate);
  const theirs = champion ? placesOf(classes, label, champion) : own;
  const [first, second] = [emptyConfusion(classes), emptyConfusion(classes)];
  const count = (row: number, times: number) => {
    first.counts[own[row]!]! += times;
    second.counts[theirs[row]!]! += times;
  };
  const countAll = (times: (row: number) => number) => {
    for (const { counts } of [first, second]) counts.fill(0);
    for (let row = 0; row < rows; row++) count(row, times(row));
  };
  const scores = (): [number, number] => [of(first), champion ? of(second) : NaN];
  return {
    rows,
    values(counts) {
      countAll((row) => counts[row]!);
      return scores();
    },
    withoutEach(blocks) {
      countAll(() => 1);
      return rowsOfBlocks(blocks).map((block): [number, number] => {
        for (const row of block) count(row, -1);
        const rest = scores();
        for (const row of block) count(row, 1);
        return rest;
      });
    },
    swapping() {
      countAll(() => 1);
      const before = [first.counts.slice(), second.counts.slice()] as const;
      const move = movesBetween(own, theirs, first.counts, second.counts);
      return (swap) => {
        first.counts.set(before[0]);
        second.counts.set(before[1]);
        move(swap);
        return of(first) - of(second);
      };
    },
    cautious() {
      const more = cautiousRows(classes, label);
      return confusionMetric(
        classes,
        extended(label, more.labels),
        extended(candidate, more.first),
        champion && extended(champion, more.second),
        of,
      );
    },
  };
}

function emptyConfusion(classes: number): Confusion {
  return { classes, counts: new Float64Array(classes * classes) };
}

/** Where each row counts in the matrix. */
function placesOf(classes: number, label: Float64Array, said: Float64Array): Uint32Array {
  return Uint32Array.from(label, (code, row) => code * classes + said[row]!);
}

/** Moves the rows that are marked from each matrix to the other. Rows that move alike are counted together; where both answer the same, none moves. */
function movesBetween(
  own: Uint32Array,
  theirs: Uint32Array,
  first: Float64Array,
  second: Float64Array,
): (swap: Marks) => void {
  const groups = new Map<number, number>();
  const moves: Array<[own: number, theirs: number]> = [];
  const groupOfRow = Int32Array.from(own, (from, row) => {
    const to = theirs[row]!;
    if (from === to) return -1;
    const key = from * first.length + to;
    if (!groups.has(key)) groups.set(key, moves.push([from, to]) - 1);
    return groups.get(key)!;
  });
  const marked = countsOfMarked(groupOfRow, moves.length);
  return (swap) => {
    const counts = marked(swap);
    for (let group = 0; group < counts.length; group++) {
      const [from, to] = moves[group]!;
      first[from]! -= counts[group]!;
      first[to]! += counts[group]!;
      second[to]! -= counts[group]!;
      second[from]! += counts[group]!;
    }
  };
}

/** Which rows are in each block; as much memory as there are rows, however many blocks or cells. */
function rowsOfBlocks({ count, ofRow }: Blocks): Uint32Array[] {
  const ends = new Uint32Array(count + 1);
  for (const block of ofRow) ends[block + 1]!++;
  for (let block = 0; block < count; block++) ends[block + 1]! += ends[block]!;
  const starts = ends.slice();
  const rows = new Uint32Array(ofRow.length);
  for (let row = 0; row < ofRow.length; row++) rows[starts[ofRow[row]!]!++] = row;
  return Array.from({ length: count }, (_, block) => rows.subarray(ends[block], ends[block + 1]));
}

/** Two rows more of each class that occurs, of which each model gets one right and the other wrong. */
function cautiousRows(classes: number, label: Float64Array): { labels: number[]; first: number[]; second: number[] } {
  const labels = [...new Set(label)].flatMap((code) => [code, code]);
  const rightAt = (turn: number) => labels.map((code, at) => (at % 2 === turn ? code : (code + 1) % classes));
  return { labels, first: rightAt(0), second: rightAt(1) };
}

export function accuracyOf({ classes, counts }: Confusion): number {
  let [right, all] = [0, 0];
  for (let label = 0; label < classes; label++) right += counts[label * classes + label]!;
  for (const count of counts) all += count;
  return right / all;
}

interface OfClass {
  readonly right: number;
  /** Rows that are of the class, and rows that were said to be. */
  readonly actual: number;
  readonly said: number;
}

function ofClass({ classes, counts }: Confusion, wanted: number): OfClass {
  let [actual, said] = [0, 0];
  for (let each = 0; each < classes; each++) {
    actual += counts[wanted * classes + each]!;
    said += counts[each * classes + wanted]!;
  }
  return { right: counts[wanted * classes + wanted]!, actual, said };
}

/** Of one class; NaN where there is nothing to divide by. */
export const classScores = {
  precision: ({ right, said }: OfClass) => right / said,
  recall: ({ right, actual }: OfClass) => right / actual,
  f1: ({ right, actual, said }: OfClass) => (2 * right) / (actual + said),
} as const;

export type ClassScore = keyof typeof classScores;

export function scoreOfClass(score: ClassScore, wanted: number): (confusion: Confusion) => number {
  return (confusion) => classScores[score](ofClass(confusion, wanted));
}

/** How many of all rows are said to be of class 1. */
export function selectionRateOf(confusion: Confusion): number {
  return ofClass(confusion, 1).said / total(confusion);
}

/** How many of the rows of class 0 are said to be of class 1. */
export function falsePositiveRateOf(confusion: Confusion): number {
  const { right, actual, said } = ofClass(confusion, 1);
  return (said - right) / (total(confusion) - actual);
}

function total({ counts }: Confusion): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** As scikit-learn averages: over the classes that occur, and a class without a value counts as 0. */
export function averageScore(
  score: ClassScore,
  average: 'macro' | 'weighted' | 'micro',
): (confusion: Confusion) => number {
  if (average === 'micro') return accuracyOf;
  return (confusion) => {
    let [sum, weights] = [0, 0];
    for (let each = 0; each < confusion.classes; each++) {
      const one = ofClass(confusion, each);
      if (one.actual + one.said === 0) continue;
      const weight = average === 'macro' ? 1 : one.actual;
      weights += weight;
      sum += weight * (classScores[score](one) || 0);
    }
    return sum / weights;
  };
}

/** The mean recall of the classes that there are. */
export function balancedAccuracyOf(confusion: Confusion): number {
  let [sum, present] = [0, 0];
  for (let each = 0; each < confusion.classes; each++) {
    const one = ofClass(confusion, each);
    if (one.actual === 0) continue;
    present++;
    sum += classScores.recall(one);
  }
  return sum / present;
}

/** J. Cohen, Educational and Psychological Measurement 20 (1960). */
export function kappaOf(confusion: Confusion): number {
  const all = total(confusion);
  let expected = 0;
  for (let each = 0; each < confusion.classes; each++) {
    const { actual, said } = ofClass(confusion, each);
    expected += (actual * said) / (all * all);
  }
  return (accuracyOf(confusion) - expected) / (1 - expected);
}

/** Matthews' correlation, for any number of classes: J. Gorodkin, Computational Biology and Chemistry 28 (2004). */
export function matthewsOf(confusion: Confusion): number {
  const all = total(confusion);
  let [right, both, actualSquares, saidSquares] = [0, 0, 0, 0];
  for (let each = 0; each < confusion.classes; each++) {
    const one = ofClass(confusion, each);
    right += one.right;
    both += one.actual * one.said;
    actualSquares += one.actual ** 2;
    saidSquares += one.said ** 2;
  }
  const spread = (all * all - saidSquares) * (all * all - actualSquares);
  return spread > 0 ? (right * all - both) / Math.sqrt(spread) : 0;
}
