import { countsOfMarked, type Marks } from './marks';
import { extended, type Blocks, type PairedMetric } from './pairedMetric';

/** How many rows of each class (first index) were said to be of each class (second index), row by row in one array. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Float64Array;
}

/**
 * A metric of the confusion matrix. Rows with the same label and the same two answers are one cell, so that all rows are
 * counted by cell and `of` sees two small matrices.
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
  const { cellOfRow, own, theirs } = cellsOf(classes, label, candidate, champion ?? candidate);
  const cells = own.length;
  const [mine, his] = [emptyConfusion(classes), emptyConfusion(classes)];
  // Of each cell: rows as they are, and rows that changed places.
  const kept = new Float64Array(2 * cells);
  const both = (): [number, number] => {
    mine.counts.fill(0);
    his.counts.fill(0);
    for (let cell = 0; cell < cells; cell++) {
      const [asIs, moved] = [kept[cell]!, kept[cells + cell]!];
      mine.counts[own[cell]!]! += asIs;
      mine.counts[theirs[cell]!]! += moved;
      his.counts[theirs[cell]!]! += asIs;
      his.counts[own[cell]!]! += moved;
    }
    return [of(mine), champion ? of(his) : NaN];
  };
  return {
    rows,
    values(counts) {
      kept.fill(0);
      for (let row = 0; row < rows; row++) kept[cellOfRow[row]!]! += counts[row]!;
      return both();
    },
    withoutEach(blocks) {
      const { all, parts } = countsOfCells(cellOfRow, cells, blocks);
      kept.fill(0);
      return parts.map((part) => {
        for (let cell = 0; cell < cells; cell++) kept[cell] = all[cell]! - part[cell]!;
        return both();
      });
    },
    swapping() {
      const moved = movedCells(cellOfRow, own, theirs);
      return (swap) => {
        moved(swap, kept);
        const [first, second] = both();
        return first - second;
      };
    },
    cautious() {
      const { labels, first, second } = cautiousRows(classes, label);
      return confusionMetric(
        classes,
        extended(label, labels),
        extended(candidate, first),
        champion && extended(champion, second),
        of,
      );
    },
  };
}

function emptyConfusion(classes: number): Confusion {
  return { classes, counts: new Float64Array(classes * classes) };
}

/** Which cell each row is of; and of each cell, where it counts in the candidate's matrix and in the champion's. */
function cellsOf(
  classes: number,
  label: Float64Array,
  candidate: Float64Array,
  champion: Float64Array,
): { cellOfRow: Uint32Array; own: number[]; theirs: number[] } {
  const cellOfRow = new Uint32Array(label.length);
  const places = new Map<number, number>();
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let row = 0; row < label.length; row++) {
    const first = label[row]! * classes + candidate[row]!;
    const second = label[row]! * classes + champion[row]!;
    const key = first * classes + champion[row]!;
    let cell = places.get(key);
    if (cell === undefined) {
      cell = own.length;
      places.set(key, cell);
      own.push(first);
      theirs.push(second);
    }
    cellOfRow[row] = cell;
  }
  return { cellOfRow, own, theirs };
}

/** Of each cell: rows that stay as they are, and rows that change places; where both answer the same, none does. */
function movedCells(
  cellOfRow: Uint32Array,
  own: readonly number[],
  theirs: readonly number[],
): (swap: Marks, kept: Float64Array) => void {
  const cells = own.length;
  const movable = Uint32Array.from([...own.keys()].filter((cell) => own[cell] !== theirs[cell]));
  const groups = new Int32Array(cells).fill(-1);
  movable.forEach((cell, group) => (groups[cell] = group));
  const marked = countsOfMarked(
    Int32Array.from(cellOfRow, (cell) => groups[cell]!),
    movable.length,
  );
  const all = new Float64Array(2 * cells);
  for (const cell of cellOfRow) all[cell]!++;
  return (swap, kept) => {
    kept.set(all);
    const counts = marked(swap);
    for (let group = 0; group < counts.length; group++) {
      const cell = movable[group]!;
      kept[cell]! -= counts[group]!;
      kept[cells + cell] = counts[group]!;
    }
  };
}

/** How many rows are of each cell: of all rows, and of each block. */
function countsOfCells(
  cellOfRow: Uint32Array,
  cells: number,
  { count, ofRow }: Blocks,
): { all: Float64Array; parts: Float64Array[] } {
  const all = new Float64Array(cells);
  const parts = Array.from({ length: count }, () => new Float64Array(cells));
  for (let row = 0; row < cellOfRow.length; row++) {
    const cell = cellOfRow[row]!;
    parts[ofRow[row]!]![cell]!++;
    all[cell]!++;
  }
  return { all, parts };
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
