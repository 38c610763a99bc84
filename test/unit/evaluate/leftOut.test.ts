import assert from 'node:assert/strict';
import {
  accuracyOf,
  averageScore,
  confusionMetric,
  matthewsOf,
} from '../../../tasks/Evaluate/confidence/confusionMetric';
import { fromTheHighest } from '../../../tasks/Evaluate/confidence/order';
import { meanMetric, r2Metric, type PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { areaUnderRoc, averagePrecision, rankMetric } from '../../../tasks/Evaluate/confidence/rankMetric';

const rows = 500;
const blocks = 7;

/** The metric of the rows that are not in a block, by going through them. */
function oneByOne(metric: PairedMetric, ofRow: Uint16Array): Array<[number, number]> {
  return Array.from({ length: blocks }, (_, block) => metric.values(Uint8Array.from(ofRow, (own) => Number(own !== block)))); // prettier-ignore
}

describe('Evaluate: leaving out blocks of rows', () => {
  const random = new Random(4);
  const values = (distinct: number) => Float64Array.from({ length: rows }, () => random.below(distinct) / distinct);
  const ofRow = Uint16Array.from({ length: rows }, () => random.below(blocks));
  const positive = Uint8Array.from({ length: rows }, () => random.below(2));

  it('gives a mean and its root as going through the rest does', () => {
    for (const champion of [values(1e6), undefined]) {
      const metric = meanMetric(values(1e6), champion, Math.sqrt);
      const found = metric.withoutEach({ count: blocks, ofRow });
      for (const [block, [own, other]] of oneByOne(metric, ofRow).entries()) {
        assert.ok(Math.abs(found[block]![0] - own) < 1e-12);
        assert.ok(champion ? Math.abs(found[block]![1] - other) < 1e-12 : Number.isNaN(found[block]![1]));
      }
    }
  });

  for (const [what, distinct] of [
    ['without ties', 1e9],
    ['with many ties', 8],
    ['with one score', 1],
  ] as const) {
    it(`gives the very same area under the curve ${what}`, () => {
      const metric = rankMetric(positive, values(distinct), values(distinct), areaUnderRoc);
      assert.deepEqual(metric.withoutEach({ count: blocks, ofRow }), oneByOne(metric, ofRow));
    });

    it(`gives the very same average precision ${what}`, () => {
      const metric = rankMetric(positive, values(distinct), values(distinct), averagePrecision);
      assert.deepEqual(metric.withoutEach({ count: blocks, ofRow }), oneByOne(metric, ofRow));
    });

    it(`orders values ${what} as comparing them does`, () => {
      const both = values(distinct).map((value, row) => (row % 3 === 0 ? -value : value * 1e-3 ** (row % 4)));
      const compared = Uint32Array.from(both, (_, row) => row).sort((a, b) => both[b]! - both[a]!);
      assert.deepEqual(fromTheHighest(both), compared);
    });
  }

  it('gives the very same of a confusion matrix', () => {
    const codes = () => Float64Array.from({ length: rows }, () => random.below(4));
    for (const champion of [codes(), undefined]) {
      for (const of of [accuracyOf, averageScore('f1', 'macro'), matthewsOf]) {
        const metric = confusionMetric(4, codes(), codes(), champion, of);
        assert.deepEqual(metric.withoutEach({ count: blocks, ofRow }), oneByOne(metric, ofRow));
      }
    }
  });

  it('gives a share of explained variance as going through the rest does', () => {
    for (const champion of [values(1e6), undefined]) {
      const metric = r2Metric(values(1e6), values(1e6), champion);
      const found = metric.withoutEach({ count: blocks, ofRow });
      for (const [block, [own, other]] of oneByOne(metric, ofRow).entries()) {
        assert.ok(Math.abs(found[block]![0] - own) < 1e-12);
        assert.ok(champion ? Math.abs(found[block]![1] - other) < 1e-12 : Number.isNaN(found[block]![1]));
      }
    }
  });

  it('gives no area where all rows of a class are in one block', () => {
    const lone = Uint8Array.from({ length: rows }, (_, row) => Number(ofRow[row] === 3));
    const metric = rankMetric(lone, values(1e9), undefined, areaUnderRoc);
    assert.ok(Number.isNaN(metric.withoutEach({ count: blocks, ofRow })[3]![0]));
  });
});
