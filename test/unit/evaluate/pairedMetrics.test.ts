import assert from 'node:assert/strict';
import { accuracyOf, confusionMetric } from '../../../tasks/Evaluate/confidence/confusionMetric';
import { marksFor } from '../../../tasks/Evaluate/confidence/marks';
import { cautious, meanMetric, moreIsBetter, r2Metric, type PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric'; // prettier-ignore
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { areaUnderRoc, averagePrecision, rankMetric } from '../../../tasks/Evaluate/confidence/rankMetric';

const whole = (metric: PairedMetric) => metric.values(new Uint8Array(metric.rows).fill(1));
const near = (found: readonly number[], expected: readonly number[], what?: string) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, at) => assert.ok(Math.abs(value - expected[at]!) < 1e-12, `${what}: ${value} is not ${expected[at]}`)); // prettier-ignore
};

const random = new Random(11);
const rows = 24;
const marksOf = (swap: Uint8Array) => {
  const marks = marksFor(swap.length);
  swap.forEach((mark, row) => (marks[row >>> 5]! |= mark << (row & 31)));
  return marks;
};
const numbers = () => Float64Array.from({ length: rows }, () => random.below(100) / 7);
const codes = (classes: number) => Float64Array.from({ length: rows }, () => random.below(classes));
/** Only the order of scores counts, so that what changes places are ranks. */
const ranks = () => Float64Array.from({ length: rows }, (_, row) => row >> 1).sort(() => random.below(3) - 1);
const [label, spread] = [codes(2), numbers()];
const positives = (labels: Float64Array) => Uint8Array.from(labels);

/** A metric of both models' columns, of rows with these labels or numbers to explain. */
type Build = (own: Float64Array, theirs: Float64Array | undefined, truth: Float64Array) => PairedMetric;

const kinds: Array<[what: string, build: Build, draw: () => Float64Array, truth: Float64Array]> = [
  ['a mean', (own, theirs) => meanMetric(own, theirs), numbers, label],
  ['the root of a mean', (own, theirs) => meanMetric(own, theirs, Math.sqrt), numbers, label],
  ['a share of explained variance', (own, theirs, truth) => r2Metric(truth, own, theirs), numbers, spread],
  ['an accuracy', (own, theirs, truth) => confusionMetric(2, truth, own, theirs, accuracyOf), () => codes(2), label],
  ['an area under the curve', (own, theirs, truth) => rankMetric(positives(truth), own, theirs, areaUnderRoc), ranks, label],
  ['an average precision', (own, theirs, truth) => rankMetric(positives(truth), own, theirs, averagePrecision), ranks, label],
]; // prettier-ignore

describe('Evaluate: a metric of two models over the same rows', () => {
  for (const [what, build, draw, truth] of kinds) {
    it(`is ${what} as if each row’s answers stood in the other’s file, where they change places`, () => {
      const [candidate, champion] = [draw(), draw()];
      const metric = build(candidate, champion, truth);
      for (const share of [0, 1, 2, 4]) {
        const swap = Uint8Array.from({ length: rows }, () => Number(random.below(4) < share));
        const own = candidate.map((value, row) => (swap[row] ? champion[row]! : value));
        const theirs = champion.map((value, row) => (swap[row] ? candidate[row]! : value));
        const [first, second] = whole(build(own, theirs, truth));
        near([metric.swapping()(marksOf(swap))], [first - second], `${share} of 4`);
      }
    });

    it(`is ${what} of the rows that were drawn, each as often as it was`, () => {
      const [candidate, champion] = [draw(), draw()];
      const counts = Uint8Array.from({ length: rows }, (_, row) => (row < 6 ? 1 : random.below(3)));
      const drawn = [...counts].flatMap((count, row) => new Array<number>(count).fill(row));
      const part = (values: Float64Array) => Float64Array.from(drawn, (row) => values[row]!);
      const expected = whole(build(part(candidate), part(champion), part(truth)));
      near(build(candidate, champion, truth).values(counts), expected);
      const [single, none] = build(candidate, undefined, truth).values(counts);
      near([single], [expected[0]]);
      assert.ok(Number.isNaN(none));
    });
  }

  it('has no share of explained variance where all labels are the same', () => {
    const same = new Float64Array(3).fill(0.1);
    assert.deepEqual(whole(r2Metric(same, Float64Array.of(0, 0, 0), Float64Array.of(1, 1, 1))), [NaN, NaN]);
  });
});

describe('Evaluate: rows that are imagined, as rows in which all is well say nothing of how seldom it is not', () => {
  const column = (...values: number[]) => Float64Array.from(values);
  const area = (positive: number[], own: number[], theirs?: number[]) =>
    rankMetric(Uint8Array.from(positive), column(...own), theirs && column(...theirs), areaUnderRoc);
  const right = (classes: number, labels: number[], own: number[], theirs?: number[]) =>
    confusionMetric(classes, column(...labels), column(...own), theirs && column(...theirs), accuracyOf);

  for (const [what, metric, count, candidate, champion] of [
    // The largest and the least that either has, once for the one model and once for the other.
    ['a mean: 1, 2, 5, 1 against 3, 5, 1, 5', meanMetric(column(1, 2), column(3, 5)), 4, 9 / 4, 14 / 4],
    ['a mean by itself: 1, 2, 2, 1', meanMetric(column(1, 2), undefined), 4, 1.5, NaN],
    ['the root of a mean', meanMetric(column(0, 4), column(0, 0), Math.sqrt), 4, Math.sqrt(2), 1],
    // Of each class that occurs a row that only the candidate gets right, and one that only the champion does.
    ['an accuracy of 3 right against none', right(2, [0, 1, 1], [0, 1, 1], [1, 0, 0]), 7, 5 / 7, 2 / 7],
    ['an accuracy of one class of two', right(2, [1, 1], [1, 1]), 4, 3 / 4, NaN],
    ['an accuracy of three classes', right(3, [0, 2], [0, 2], [1, 1]), 6, 4 / 6, 2 / 6],
    // Of the rarer class a row at the worse end of the candidate and the better one of the champion, and one the other way.
    ['an area, positive rows rarer', area([1, 0, 0, 0], [0.9, 0.1, 0.2, 0.3], [0.1, 0.9, 0.8, 0.7]), 6, 6 / 9, 3 / 9],
    ['an area, negative rows rarer', area([1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1]), 6, 6 / 9, NaN],
    ['an area, as many of both', area([1, 0], [0.9, 0.1], [0.1, 0.9]), 4, 2 / 3, 1 / 3],
  ] as Array<[string, PairedMetric, number, number, number]>) {
    it(`${what}`, () => {
      const more = cautious(metric);
      assert.equal(more.rows, count);
      const found = whole(more);
      near([found[0]], [candidate]);
      if (Number.isNaN(champion)) assert.ok(Number.isNaN(found[1]));
      else near([found[1]], [champion]);
    });
  }

  it('are of the rarer class for both models alike', () => {
    assert.deepEqual(area([1, 0, 0], [3, 2, 1]).cautious!().rarest, { what: 'rows of class 0', count: 2 });
    assert.deepEqual(area([1, 1, 1, 1, 0], [5, 4, 3, 2, 1]).cautious!().rarest, { what: 'rows of class 0', count: 3 });
  });

  it('are none of a share of explained variance', () => {
    const metric = r2Metric(column(1, 2), column(0, 1), undefined);
    assert.equal(cautious(metric), metric);
  });
});

describe('Evaluate: a metric of which more is better', () => {
  it('counts as an error what a row lacks, and is the same metric', () => {
    const metric = meanMetric(Float64Array.of(1, 2), Float64Array.of(3, 4));
    const turned = moreIsBetter(metric);
    assert.deepEqual(turned.rowValues, [Float64Array.of(-1, -2), Float64Array.of(-3, -4)]);
    assert.deepEqual(whole(turned), whole(metric));
    const ranking = rankMetric(Uint8Array.of(1, 0), Float64Array.of(1, 2), undefined, areaUnderRoc);
    assert.equal(moreIsBetter(ranking), ranking);
  });
});
