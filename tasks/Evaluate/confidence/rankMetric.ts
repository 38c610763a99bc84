import { rarerClass } from './enough';
import { markOf, sumOverMarked, type Marks } from './marks';
import { fromTheHighest } from './order';
import { extended, type Blocks, type PairedMetric } from './pairedMetric';

/** Adds up a metric of a ranking, from the highest score down, by groups of rows with the same score. */
export interface RankSum {
  add(positives: number, negatives: number): void;
  /** The metric, once all groups are in; it starts over. */
  end(): number;
}

function sumOfArea(): RankSum {
  let [above, below, area] = [0, 0, 0];
  return {
    add(positives, negatives) {
      area += negatives * (above + positives / 2);
      above += positives;
      below += negatives;
    },
    end() {
      const result = area / (above * below);
      [above, below, area] = [0, 0, 0];
      return result;
    },
  };
}

function sumOfPrecision(): RankSum {
  let [found, seen, sum] = [0, 0, 0];
  return {
    add(positives, negatives) {
      found += positives;
      seen += positives + negatives;
      if (positives > 0) sum += positives * (found / seen);
    },
    end() {
      const result = sum / found;
      [found, seen, sum] = [0, 0, 0];
      return result;
    },
  };
}

/** A metric of how rows are ranked, and its quick ways. */
export interface RankScore {
  sum(): RankSum;
  readonly withoutEach: WithoutEach;
  readonly swapping: Swapping;
}

/** A metric of a ranking without the rows of each block, by one pass over all. */
export type WithoutEach = (ranked: RankedRows, positive: Uint8Array, blocks: Blocks) => Float64Array;

/**
 * The area under the ROC curve without each block: of all pairs of a positive and a negative row, those that the block has a part in
 * are taken away, and those that lie wholly in it given back, as they were taken twice.
 */
const areaWithoutEach: WithoutEach = ({ order, places }, positive, { count, ofRow }) => {
  const each = () => new Float64Array(count);
  const [positives, negatives, lost, within, above, tied] = [each(), each(), each(), each(), each(), each()] as const;
  for (const row of order) (positive[row] === 1 ? positives : negatives)[ofRow[row]!]!++;
  const sum = (parts: Float64Array) => parts.reduce((all, part) => all + part, 0);
  const [allPositives, allNegatives] = [sum(positives), sum(negatives)];
  let [area, positivesAbove, negativesAbove] = [0, 0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    let ties = 0;
    for (end = start; end < order.length && places[end] === places[start]; end++) {
      const row = order[end]!;
      if (positive[row] !== 1) continue;
      ties++;
      tied[ofRow[row]!]!++;
    }
    const others = end - start - ties;
    for (let place = start; place < end; place++) {
      const row = order[place]!;
      const block = ofRow[row]!;
      if (positive[row] === 1) {
        lost[block]! += allNegatives - negativesAbove - others / 2;
      } else {
        lost[block]! += positivesAbove + ties / 2;
        within[block]! += above[block]! + tied[block]! / 2;
      }
    }
    for (let place = start; place < end; place++) {
      const row = order[place]!;
      if (positive[row] !== 1) continue;
      above[ofRow[row]!]!++;
      tied[ofRow[row]!]!--;
    }
    area += others * (positivesAbove + ties / 2);
    positivesAbove += ties;
    negativesAbove += others;
  }
  return lost.map(
    (taken, block) =>
      (area - taken + within[block]!) / ((allPositives - positives[block]!) * (allNegatives - negatives[block]!)),
  );
};

/**
 * Average precision without each block. The precision at a score changes with each block, so that each group of positive rows is a step
 * through all blocks: a third of the work of a pass of its own for each.
 */
const precisionWithoutEach: WithoutEach = ({ order, places }, positive, { count, ofRow }) => {
  const each = () => new Float64Array(count);
  // Of each block, as far as the ranking went: its positive rows, its rows, and those of its positive rows that are of the group.
  const [found, seen, tied, sums] = [each(), each(), each(), each()] as const;
  let allFound = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    let ties = 0;
    for (end = start; end < order.length && places[end] === places[start]; end++) {
      const row = order[end]!;
      const block = ofRow[row]!;
      seen[block]!++;
      if (positive[row] !== 1) continue;
      ties++;
      found[block]!++;
      tied[block]!++;
    }
    if (ties === 0) continue;
    allFound += ties;
    for (let block = 0; block < count; block++) {
      const others = ties - tied[block]!;
      if (others > 0) sums[block]! += others * ((allFound - found[block]!) / (end - seen[block]!));
      tied[block] = 0;
    }
  }
  return sums.map((sum, block) => sum / (allFound - found[block]!));
};

/**
 * A metric of how rows are ranked by their scores; any growing function of the scores gives the same.
 */
export function rankMetric(
  positive: Uint8Array,
  candidate: Float64Array,
  champion: Float64Array | undefined,
  score: RankScore,
): PairedMetric {
  const [first, second] = [score.sum(), score.sum()];
  const own = rankedRows(candidate);
  const other = champion && rankedRows(champion);
  const positives = positive.reduce((count, value) => count + value, 0);
  const negatives = positive.length - positives;
  return {
    rows: positive.length,
    rarest: rarerClass(positives, positive.length),
    values: (counts) => [ranked(own, positive, counts, first), other ? ranked(other, positive, counts, second) : NaN],
    withoutEach(blocks) {
      const first = score.withoutEach(own, positive, blocks);
      const second = other && score.withoutEach(other, positive, blocks);
      return Array.from(first, (value, block) => [value, second ? second[block]! : NaN]);
    },
    swapping: () => score.swapping(pool(own, other ?? own), positive),
    cautious() {
      // Of the rarer class, by which the metric stands or falls: one row where the candidate ranks it worst and the champion best, and one the other way.
      const rare = positives <= negatives ? 1 : 0;
      const ends = (scores: Float64Array): [worst: number, best: number] => {
        let [low, high] = [Infinity, -Infinity];
        for (const score of scores) [low, high] = [Math.min(low, score), Math.max(high, score)];
        return rare ? [low - 1, high + 1] : [high + 1, low - 1];
      };
      return rankMetric(
        Uint8Array.from({ length: positive.length + 2 }, (_, row) => positive[row] ?? rare),
        extended(candidate, ends(candidate)),
        champion && extended(champion, ends(champion).reverse()),
        score,
      );
    },
  };
}

export interface RankedRows {
  /** Rows from the highest score to the lowest. */
  readonly order: Uint32Array;
  /** The place of each, the same where the score is; the middle of the places of those that share it. */
  readonly places: Float64Array;
}

function rankedRows(score: Float64Array): RankedRows {
  const order = fromTheHighest(score);
  const places = new Float64Array(score.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && score[order[end]!] === score[order[start]!]) end++;
    places.fill((start + end - 1) / 2, start, end);
    start = end;
  }
  return { order, places };
}

function ranked({ order, places }: RankedRows, positive: Uint8Array, counts: Uint8Array, sum: RankSum): number {
  let [positives, negatives, last] = [0, 0, -1];
  for (let index = 0; index < order.length; index++) {
    if (places[index] !== last) {
      sum.add(positives, negatives);
      [positives, negatives] = [0, 0];
      last = places[index]!;
    }
    const row = order[index]!;
    if (positive[row] === 1) positives += counts[row]!;
    else negatives += counts[row]!;
  }
  sum.add(positives, negatives);
  return sum.end();
}

/** Both models' ranks in one order, so that answers that change places need no sorting again. */
interface Pooled {
  /** 2 × row, and 1 more where it is the champion's. */
  readonly entries: Uint32Array;
  readonly places: Float64Array;
}

function pool(own: RankedRows, other: RankedRows): Pooled {
  const rows = own.order.length;
  const entries = new Uint32Array(2 * rows);
  const places = new Float64Array(2 * rows);
  let [first, second] = [0, 0];
  for (let index = 0; index < 2 * rows; index++) {
    const takeOwn = second >= rows || (first < rows && own.places[first]! <= other.places[second]!);
    places[index] = takeOwn ? own.places[first]! : other.places[second]!;
    entries[index] = takeOwn ? 2 * own.order[first++]! : 2 * other.order[second++]! + 1;
  }
  return { entries, places };
}

/** Candidate − champion, had the two changed places in the rows marked. */
type Swapping = (pooled: Pooled, positive: Uint8Array) => (swap: Marks) => number;

/**
 * Of a pair of rows, what depends on whether both change places is the same for both models. So a row that changes places changes the
 * difference of the areas by as much, whichever others do: by how many rows of the other class, of either model, lie between its two
 * places.
 */
const areaSwapping: Swapping = ({ entries, places }, positive) => {
  const rows = positive.length;
  const positives = positive.reduce((sum, value) => sum + value, 0);
  const pairs = positives * (rows - positives);
  const moved = new Float64Array(rows);
  let [positivesAbove, negativesAbove] = [0, 0];
  for (let start = 0, end = 0; start < entries.length; start = end) {
    let ties = 0;
    for (end = start; end < entries.length && places[end] === places[start]; end++)
      ties += positive[entries[end]! >>> 1]!;
    for (let index = start; index < end; index++) {
      const row = entries[index]! >>> 1;
      const beaten = positive[row] === 1 ? negativesAbove + (end - start - ties) / 2 : -positivesAbove - ties / 2;
      moved[row]! += entries[index]! & 1 ? -beaten : beaten;
    }
    positivesAbove += ties;
    negativesAbove += end - start - ties;
  }
  // Each row's part in the difference turns its sign.
  const difference = moved.reduce((sum, value) => sum - value, 0) / 2;
  const sum = sumOverMarked(moved);
  return (swap) => (difference + sum(swap)) / pairs;
};

const precisionSwapping: Swapping = ({ entries, places }, positive) => {
  const [first, second] = [sumOfPrecision(), sumOfPrecision()];
  return (swap) => {
    let last = -1;
    // Of the group of equal places: positives and negatives of the candidate, then of the champion.
    let [ownPositives, ownNegatives, otherPositives, otherNegatives] = [0, 0, 0, 0];
    for (let index = 0; index < entries.length; index++) {
      if (places[index] !== last) {
        first.add(ownPositives, ownNegatives);
        second.add(otherPositives, otherNegatives);
        ownPositives = ownNegatives = otherPositives = otherNegatives = 0;
        last = places[index]!;
      }
      const row = entries[index]! >>> 1;
      const isChampion = (entries[index]! & 1) ^ markOf(swap, row);
      const isPositive = positive[row]!;
      if (isChampion) {
        otherPositives += isPositive;
        otherNegatives += 1 - isPositive;
      } else {
        ownPositives += isPositive;
        ownNegatives += 1 - isPositive;
      }
    }
    first.add(ownPositives, ownNegatives);
    second.add(otherPositives, otherNegatives);
    return first.end() - second.end();
  };
};

/** How often a positive row scores above a negative one, ties counting half. */
export const areaUnderRoc: RankScore = { sum: sumOfArea, withoutEach: areaWithoutEach, swapping: areaSwapping };

/** The mean, over positive rows, of the precision at their score. */
export const averagePrecision: RankScore = {
  sum: sumOfPrecision,
  withoutEach: precisionWithoutEach,
  swapping: precisionSwapping,
};
