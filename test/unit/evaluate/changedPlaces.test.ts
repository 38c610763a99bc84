import assert from 'node:assert/strict';
import {
  accuracyOf,
  averageScore,
  confusionMetric,
  scoreOfClass,
} from '../../../tasks/Evaluate/confidence/confusionMetric';
import { countsOfMarked, markOf, marksFor, sumOverMarked } from '../../../tasks/Evaluate/confidence/marks';
import { meanMetric, r2Metric, type PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { flipTest } from '../../../tasks/Evaluate/confidence/randomisation';
import { areaUnderRoc, averagePrecision, rankMetric } from '../../../tasks/Evaluate/confidence/rankMetric';

type Build = (candidate: Float64Array, champion: Float64Array) => PairedMetric;

/** Candidate − champion where the two did change places, in the rows themselves. */
function byTheRows(build: Build, [candidate, champion]: readonly Float64Array[], isMoved: (row: number) => boolean) {
  const one = candidate!.map((value, row) => (isMoved(row) ? champion![row]! : value));
  const other = champion!.map((value, row) => (isMoved(row) ? candidate![row]! : value));
  const [own, theirs] = build(one, other).values(new Uint8Array(one.length).fill(1));
  return own - theirs;
}

describe('Evaluate: models that change places in some rows', () => {
  const random = new Random(6);
  const values = (rows: number, distinct: number) =>
    Float64Array.from({ length: rows }, () => random.below(distinct) / distinct);
  const codes = (rows: number, classes: number) => Float64Array.from({ length: rows }, () => random.below(classes));
  const label = { numbers: values(1000, 1e6), two: codes(1000, 2), many: codes(1000, 30) };
  const positive = Uint8Array.from(label.two);

  const metrics: Array<[string, (rows: number) => Build, draw: (rows: number) => Float64Array]> = [
    ['a mean', () => meanMetric, (rows) => values(rows, 1e6)],
    ['a root of a mean', () => (own, other) => meanMetric(own, other, Math.sqrt), (rows) => values(rows, 1e6)],
    [
      'r2',
      (rows) => (own, other) => r2Metric(label.numbers.subarray(0, rows), own, other),
      (rows) => values(rows, 1e6),
    ],
    ...[1e9, 8, 1].flatMap((distinct): typeof metrics => [
      [
        `auc of ${distinct} scores`,
        // By places, which models keep when they change: a metric of ranks is a metric of them.
        (rows) => (own, other) => rankMetric(positive.subarray(0, rows), own, other, areaUnderRoc),
        (rows) => ranks(values(rows, distinct)),
      ],
      [
        `average precision of ${distinct} scores`,
        (rows) => (own, other) => rankMetric(positive.subarray(0, rows), own, other, averagePrecision),
        (rows) => ranks(values(rows, distinct)),
      ],
    ]),
    [
      'accuracy',
      (rows) => (own, other) => confusionMetric(2, label.two.subarray(0, rows), own, other, accuracyOf),
      (rows) => codes(rows, 2),
    ],
    [
      'f1',
      (rows) => (own, other) => confusionMetric(2, label.two.subarray(0, rows), own, other, scoreOfClass('f1', 1)),
      (rows) => codes(rows, 2),
    ],
    [
      'f1 of many classes',
      (rows) => (own, other) =>
        confusionMetric(30, label.many.subarray(0, rows), own, other, averageScore('f1', 'macro')),
      (rows) => codes(rows, 30),
    ],
  ];

  /** The middle of the places of those that share a value: what ranks of both models are compared by. */
  function ranks(scores: Float64Array): Float64Array {
    return scores.map((score) => {
      const [above, same] = [scores.filter((each) => each > score).length, scores.filter((each) => each === score).length]; // prettier-ignore
      return -(above + (same - 1) / 2);
    });
  }

  for (const [name, of, draw] of metrics) {
    it(`gives ${name} as the rows do that changed places`, () => {
      for (const rows of [2, 7, 8, 31, 33, 500]) {
        const build = of(rows);
        const both = [draw(rows), draw(rows)] as const;
        const swapping = build(...both).swapping();
        for (let time = 0; time < 5; time++) {
          const marks = marksFor(rows);
          if (time > 0) random.mark(marks);
          const found = swapping(marks);
          const expected = byTheRows(build, both, (row) => markOf(marks, row) === 1);
          if (Number.isNaN(expected)) assert.ok(Number.isNaN(found), `${rows} rows: ${found}`);
          else assert.ok(Math.abs(found - expected) < 1e-12, `${rows} rows: ${found}, not ${expected}`);
        }
      }
    });
  }

  it('marks rows by the bits of the numbers drawn, the lowest first', () => {
    const [marks, same] = [marksFor(70), new Random(9)];
    new Random(9).mark(marks);
    assert.equal(marks.length, 3);
    const words = [same.next(), same.next(), same.next()];
    for (let row = 0; row < 70; row++) {
      assert.equal(markOf(marks, row), Math.floor(words[Math.floor(row / 32)]! / 2 ** (row % 32)) % 2);
    }
  });

  for (const [rows, groups] of [
    [100, 1],
    [4000, 4],
    [4000, 13],
    [300, 40],
    [9000, 2],
  ] as const) {
    it(`counts the marked of ${rows} rows in ${groups} groups as one by one`, () => {
      const groupOfRow = Int32Array.from({ length: rows }, () => random.below(groups + 1) - 1);
      const [marks, all] = [marksFor(rows), marksFor(rows).fill(0xffffffff)];
      random.mark(marks);
      const counted = countsOfMarked(groupOfRow, groups);
      for (const each of [marks, all, marks]) {
        const expected = new Float64Array(groups);
        groupOfRow.forEach((group, row) => group >= 0 && (expected[group]! += markOf(each, row)));
        assert.deepEqual(counted(each), expected);
      }
    });
  }

  it('adds up nothing where no row is marked, and leaves out bits beyond the last row', () => {
    const sum = sumOverMarked(Float64Array.of(1, 2, 4));
    assert.equal(sum(Uint32Array.of(0)), 0);
    assert.equal(sum(Uint32Array.of(0xffffffff)), 7);
    assert.equal(sum(Uint32Array.of(0b101)), 5);
  });

  it('finds by signs the p-value of all ways to set them', async () => {
    // All of 2^10 ways: 1, 2, … 10 with one sign less than 2 in 1,024 add up to 55 or to −55.
    const { pValue } = await flipTest(
      Float64Array.from({ length: 10 }, (_, at) => at + 1),
      20_000,
    );
    assert.ok(Math.abs(pValue - 2 / 1024) < 1e-3, String(pValue));
  });

  it('lead by exactly as much the other way where all that differ have changed places', () => {
    const changed = 5;
    const tenths = () => Array.from({ length: changed }, () => (1 + random.below(100)) / 10);
    const builds: Array<[string, (wrong: Float64Array) => PairedMetric]> = [
      ['a mean', (wrong) => meanMetric(new Float64Array(wrong.length), wrong)],
      ['a root of a mean', (wrong) => meanMetric(new Float64Array(wrong.length), wrong, Math.sqrt)],
      ['r2', (wrong) => r2Metric(label.numbers.subarray(0, wrong.length), new Float64Array(wrong.length), wrong)],
    ];
    for (const [what, build] of builds) {
      for (let draw = 0; draw < 100; draw++) {
        const swapped = build(Float64Array.from([...tenths().map((error) => error ** 2), ...new Array<number>(35).fill(0)])).swapping(); // prettier-ignore
        const leads = Array.from({ length: 2 ** changed }, (_, pattern) => {
          const marks = marksFor(40);
          marks[0] = pattern;
          return Math.abs(swapped(marks));
        });
        assert.equal(leads.filter((lead) => !(lead < leads[0]! * (1 - 1e-10))).length, 2, `${what}, draw ${draw}`);
      }
    }
  });
});
