import assert from 'node:assert/strict';
import { needAt, skewnessOf, standardErrorOf } from '../../../tasks/Evaluate/confidence/enough';
import { hasLongerTail, tailExcess } from '../../../tasks/Evaluate/confidence/errorShape';
import { normalQuantile } from '../../../tasks/Evaluate/confidence/normalQuantile';
import { pseudoValues } from '../../../tasks/Evaluate/confidence/jackknife';
import { meanMetric, r2Metric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { markOf, marksFor } from '../../../tasks/Evaluate/confidence/marks';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { areaUnderRoc, rankMetric } from '../../../tasks/Evaluate/confidence/rankMetric';
import { flipTest, swapTest } from '../../../tasks/Evaluate/confidence/randomisation';
import { quantile, resamplesFor, studentisedInterval } from '../../../tasks/Evaluate/confidence/studentised';
import { surenessOf, tooFewRows } from '../../../tasks/Evaluate/confidence/sureness';
import type { Limit } from '../../../tasks/common/criteria/criterion';

const column = (count: number, of: (row: number) => number) =>
  Float64Array.from({ length: count }, (_, row) => of(row));
const close = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`); // prettier-ignore
const bound = (value: number): Limit => ({ kind: 'number', value });
const champion = (offset = 0, factor = 1): Limit => ({ kind: 'champion', factor, offset });

describe('Evaluate: how many rows a level of confidence takes', () => {
  // The share beyond each end must hold one arrangement of signs at least: 1 in 2^6 is less than 2.5%.
  for (const [level, rows, rarest, rarestOfPlain] of [
    [0.5, 4, 2, 1],
    [0.75, 6, 3, 2],
    [0.9, 10, 5, 4],
    [0.95, 12, 6, 5],
    [0.99, 16, 8, 7],
    [0.999, 22, 11, 10],
  ] as const) {
    it(`${level}: ${rows}, and ${rarest} of the rarest class, or ${rarestOfPlain} for two models as they are`, () => {
      assert.deepEqual(needAt(level), { rows, rarest });
      assert.deepEqual(needAt(level, true), { rows, rarest: rarestOfPlain });
    });
  }

  for (const [rows, rarest, plain, why] of [
    [12, undefined, false, undefined],
    [11, undefined, false, 'there are 11 rows; at 95% confidence it takes at least 12.'],
    [12, 6, false, undefined],
    [12, 5, false, 'there are 5 rows of class 1; at 95% confidence it takes at least 6.'],
    [12, 5, true, undefined],
    [12, 4, true, 'there are 4 rows of class 1; at 95% confidence it takes at least 5.'],
    [11, 2, true, 'there are 11 rows; at 95% confidence it takes at least 12.'],
  ] as const) {
    it(`${rows} rows${rarest ? `, ${rarest} of class 1` : ''}${plain ? ', two models as they are' : ''}: ${why ?? 'enough'}`, () => {
      const metric = { ...meanMetric(column(rows, Number), undefined), ...(rarest ? { rarest: { what: 'rows of class 1', count: rarest } } : {}) }; // prettier-ignore
      assert.equal(tooFewRows(metric, 0.95, plain), why);
    });
  }

  it('says the level as it was written', () => {
    assert.match(tooFewRows(meanMetric(column(3, Number), undefined), 0.9975)!, /at 99\.75% confidence/);
    assert.match(tooFewRows(meanMetric(column(3, Number), undefined), 0.57)!, /at 57% confidence/);
  });
});

describe('Evaluate: numbers of a sample, as scipy has them', () => {
  it('scipy.stats.sem and scipy.stats.skew', () => {
    close(standardErrorOf(Float64Array.of(1, 2, 3, 10)), 2.041241452319315);
    close(skewnessOf(Float64Array.of(1, 2, 3, 10)), 1.0182337649086284);
    close(skewnessOf(Float64Array.of(-1, -2, -3, -10)), -1.0182337649086284);
    assert.equal(skewnessOf(Float64Array.of(2, 2, 2)), 0);
  });

  it('numpy.quantile', () => {
    for (const [share, expected] of [[0, 1], [0.1, 1.3], [0.5, 3], [0.75, 5], [1, 8]] as const) {
      close(quantile(Float64Array.of(1, 2, 4, 8), share), expected);
    }
    assert.equal(quantile(Float64Array.of(-Infinity, -Infinity, 1), 0.25), -Infinity);
  }); // prettier-ignore

  it('are drawn from 2,000 resamples, or as many as leave ten beyond each end', () => {
    for (const [level, count] of [[0.5, 2000], [0.95, 2000], [0.99, 2000], [0.995, 4000], [0.999, 20_000]] as const) {
      assert.equal(resamplesFor(level), count);
    }
  }); // prettier-ignore

  it('an interval of rows that all say the same is a point', () => {
    assert.deepEqual(studentisedInterval(0.5, new Float64Array(9).fill(0.25), 0.95), { lower: 0.5, upper: 0.5, standardError: 0 }); // prettier-ignore
  });
});

describe('Evaluate: rows most of which say the same', () => {
  it('have an interval, though some resamples hold none of the others', () => {
    const { lower, upper } = studentisedInterval(0, Float64Array.of(1, -1, ...new Float64Array(14)), 0.9);
    assert.ok(lower < 0 && upper > 0 && Number.isFinite(upper - lower), `${lower} to ${upper}`);
  });
});

describe('Evaluate: the generator of random numbers', () => {
  it('gives each bit, and each number below a limit, about as often as any other', () => {
    const random = new Random(1);
    const marks = marksFor(100);
    const ones = new Float64Array(100);
    for (let draw = 0; draw < 2000; draw++) {
      random.mark(marks);
      for (const row of ones.keys()) ones[row]! += markOf(marks, row);
    }
    // Five standard deviations of 2,000 tosses, each at any place.
    for (const count of ones) assert.ok(Math.abs(count - 1000) < 112, `${count} of 2000`);
    const below = [0, 0, 0];
    for (let draw = 0; draw < 3000; draw++) below[random.below(3)]!++;
    for (const count of below) assert.ok(Math.abs(count - 1000) < 130, `${count} of 3000`);
  });
});

describe('Evaluate: what the randomisation test says', () => {
  it('of values that are all of one sign: nearly the share of such signs, 2 in 2^n', async () => {
    for (const units of [3, 5]) {
      const { pValue } = await flipTest(new Float64Array(units).fill(1), 4999);
      const expected = 2 / 2 ** units;
      assert.ok(Math.abs(pValue - expected) < 4 * Math.sqrt((expected * (1 - expected)) / 4999), `${pValue}`);
    }
  });

  it('of no difference: nothing is rarer, and any difference would be larger', async () => {
    const { pValue } = await flipTest(Float64Array.of(1, -1, 2, -2), 999);
    assert.equal(pValue, 1);
    const same = Float64Array.of(1, 2, 3);
    const equal = await swapTest(meanMetric(same, same), same, 99);
    assert.deepEqual([equal.pValue, equal.critical(0.95)], [1, 0]);
  });

  it('adds the rows as they are to the resamples, so that no p-value is 0', async () => {
    const values = column(60, (row) => 1 + row / 1000);
    const { pValue, critical } = await flipTest(values, 199);
    assert.equal(pValue, 1 / 200);
    assert.ok(critical(0.95) > critical(0.9) && critical(0.9) > 0);
    // The only one that there is, of 20, is not rarer than 5%; of 21 it is.
    assert.equal((await flipTest(values, 19)).critical(0.95), Infinity);
    assert.ok(Number.isFinite((await flipTest(values, 20)).critical(0.95)));
  });

  it('a difference is larger than the critical one where, and only where, its p-value is below 1 − level', async () => {
    const noise = new Random(6);
    const values = column(40, () => noise.below(1000) / 500 - 1);
    for (let shift = 0; shift <= 0.5; shift += 0.05) {
      const moved = values.map((value) => value + shift);
      const { pValue, critical } = await swapTest(meanMetric(moved, new Float64Array(40)), moved, 399);
      const mean = moved.reduce((sum, value) => sum + value, 0) / 40;
      for (const level of [0.8, 0.9, 0.95]) {
        assert.equal(Math.abs(mean) > critical(level) * (1 + 1e-9), pValue < 1 - level, `${shift} at ${level}`);
      }
    }
  });

  it('flips the signs of what rows say where there are too many rows to change places', async () => {
    const values = column(30, (row) => row % 7);
    const metric = meanMetric(values, new Float64Array(30));
    const flipped = await swapTest(metric, values, 99, { mostSwappedRows: 29 });
    const swapped = await swapTest(metric, values, 99, { mostSwappedRows: 30 });
    assert.equal(flipped.pValue, (await flipTest(values, 99)).pValue);
    // A swap turns the difference of a row around, which is a flip of its sign.
    close(swapped.critical(0.9), flipped.critical(0.9));
  });

  it('stops where the p-value cannot fall below what is hopeless any more', async () => {
    let pauses = 0;
    const pause = async () => void pauses++;
    const values = Float64Array.of(1, -1, 2, -2);
    const stopped = await flipTest(values, 999, { hopelessFrom: 0.1, pause });
    assert.deepEqual([stopped.pValue, stopped.critical(0.5)], [0.1, Infinity]);
    const sure = await flipTest(
      column(40, () => 1),
      999,
      { hopelessFrom: 0.1, pause },
    );
    assert.equal(sure.pValue, 1 / 1000);
    assert.ok(pauses > 0, 'others get their turn');
  });
});

describe('Evaluate: what each row says of a statistic', () => {
  const difference = (own: number, other: number) => own - other;

  it('is its own value, of a mean', async () => {
    const [own, other] = [column(50, (row) => row % 7), column(50, (row) => row % 5)];
    const found = await pseudoValues(meanMetric(own, other), difference);
    found.forEach((value, row) => assert.ok(Math.abs(value - (own[row]! - other[row]!)) < 1e-9));
  });

  it('is of 400 blocks where there are more rows: each row is in one, the mean stays, and the spread is that of the mean', async () => {
    const random = new Random(2);
    const own = column(3001, () => random.below(1000));
    const found = await pseudoValues(meanMetric(own, new Float64Array(3001)), difference);
    assert.equal(found.length, 400);
    const mean = own.reduce((sum, value) => sum + value, 0) / 3001;
    // Blocks of 7 and of 8 rows: the mean of all but for what their sizes differ.
    assert.ok(Math.abs(found.reduce((sum, value) => sum + value, 0) / 400 - mean) < 1, 'mean');
    assert.ok(Math.abs(standardErrorOf(found) / standardErrorOf(own) - 1) < 0.15, 'spread');
    // Rows come in an order, such as of their labels: a block is drawn from all of them.
    const sorted = await pseudoValues(meanMetric(own.sort(), new Float64Array(3001)), difference);
    assert.ok(Math.abs(standardErrorOf(sorted) / standardErrorOf(own) - 1) < 0.15, 'sorted');
  });
});

describe('Evaluate: a tail that is longer', () => {
  it('is none between values of the same shape, of any scale, or of no shape', () => {
    const values = column(40, (row) => (row % 9) ** 2);
    for (const factor of [1, 2, 0.001])
      assert.equal(
        tailExcess(
          values,
          values.map((value) => factor * value),
        ),
        0,
      );
    assert.equal(tailExcess(values, new Float64Array(40)), 0);
    assert.equal(tailExcess(new Float64Array(40), values), 0);
  });

  it('is that of the other model, turned around, and counts from the least where values are below 0', () => {
    const even = column(40, (row) => 1 + ((row * 7) % 40));
    const long = column(40, (row) => (row % 13 === 0 ? 100 : 1 + ((row * 11) % 10)));
    const excess = tailExcess(long, even);
    assert.ok(excess > 2);
    assert.ok(Math.abs(excess + tailExcess(even, long)) < 1e-9);
    const down = (values: Float64Array) => Float64Array.from([...values, 0]);
    const shifted = (values: Float64Array) => down(values).map((value) => value - 5);
    assert.ok(Math.abs(tailExcess(down(long), down(even)) - tailExcess(shifted(long), shifted(even))) < 1e-9);
  });

  it('is Infinity of a model all of whose errors are in a single row', () => {
    const ones = new Float64Array(20).fill(1);
    assert.equal(
      tailExcess(
        column(20, (row) => (row === 3 ? 5 : 0)),
        ones,
      ),
      Infinity,
    );
  });

  it('is enough by itself, or with less where the differing rows are out of balance; never of a model whose largest error is smaller', () => {
    const even = column(200, (row) => 10 + ((row * 7) % 200));
    const against = (own: Float64Array) => own.map((value, row) => value - even[row]!);
    const tail = (height: number, every: number) => column(200, (row) => (row % every === 0 ? height : (10 + ((row * 11) % 200)) / 1.5)); // prettier-ignore
    for (const [height, every, longer] of [
      // 3.0 standard errors, with differences in balance; 2.1 are too few.
      [300, 13, true],
      [250, 13, false],
      // 1.8 and 1.6, with differences out of balance by 0.14 and by 0.09.
      [500, 50, true],
      [400, 50, false],
      // 1.1, out of balance by 0.12.
      [500, 100, false],
      // Its largest is not larger.
      [209, 13, false],
    ] as const) {
      const own = tail(height, every);
      assert.equal(hasLongerTail([own, even], against(own)), longer, `${height} in one of ${every}`);
      assert.equal(
        hasLongerTail(
          [even, own],
          against(own).map((value) => -value),
        ),
        longer,
        'the other way',
      );
    }
  });
});

describe('Evaluate: when nothing can be said with confidence', () => {
  const rows = 40;
  const values = column(rows, (row) => (row * 7) % 11);
  const why = async (...given: Parameters<typeof surenessOf>) => {
    const sure = await surenessOf(...given);
    assert.equal(sure.kind, 'unavailable', JSON.stringify(sure));
    return sure.why;
  };

  it('of a metric that has no value', async () => {
    const same = new Float64Array(rows).fill(1);
    assert.equal(await why(r2Metric(same, values, undefined), bound(0.5), 0.95), 'the metric has no value for these rows.');
  }); // prettier-ignore

  it('of a metric that has none without some of the rows', async () => {
    const lone = column(rows, (row) => Number(row === 0));
    const metric = r2Metric(lone, values, undefined);
    assert.equal(await why(metric, bound(0.5), 0.95), 'the metric has no value any more where some rows are left out; it takes more rows of each class.'); // prettier-ignore
  });

  it('of too few rows, whatever they say', async () => {
    assert.equal(await why(meanMetric(values.subarray(0, 11), undefined), bound(5), 0.95), 'there are 11 rows; at 95% confidence it takes at least 12.'); // prettier-ignore
  });

  it('of rows that all say the same against a margin', async () => {
    const own = new Float64Array(rows).fill(1);
    const metric = { ...meanMetric(own, own), cautious: undefined };
    assert.match(await why(metric, champion(0.5), 0.95), /^all rows say the same, .* It takes rows that are harder\.$/);
  });

  it('of models that differ one way in most rows, but far the other way in a few', async () => {
    const own = column(rows, (row) => (row === 5 ? 40 : 0) + (row % 3) / 100);
    const theirs = column(rows, (row) => 3 + (row % 5) / 100);
    const reason = await why(meanMetric(own, theirs), champion(30), 0.8);
    assert.match(reason, /^the models differ one way in most rows, but far the other way in a few; .* It takes more rows\.$/); // prettier-ignore
  });
});

describe('Evaluate: how sure a difference is', () => {
  const rows = 300;
  const own = column(rows, (row) => 3 + ((row * 7) % 11) / 11);
  const theirs = column(rows, (row) => 4 + ((row * 5) % 13) / 13);
  const interval = async (...given: Parameters<typeof surenessOf>) => {
    const sure = await surenessOf(...given);
    assert.ok(sure.kind === 'interval', JSON.stringify(sure));
    return sure;
  };
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('to the champion as it is: by the randomisation test, evenly about the difference', async () => {
    const sure = await interval(meanMetric(own, theirs), champion(), 0.95);
    assert.deepEqual([sure.method, sure.rows, sure.level, sure.resamples], ['randomisation', rows, 0.95, 2000]);
    close(sure.candidate, mean(own));
    close(sure.champion!, mean(theirs));
    close((sure.lower + sure.upper) / 2, mean(own) - mean(theirs));
    assert.ok(sure.upper < 0 && sure.swapPValue! < 0.05);
  });

  for (const [limit, isSure] of [
    [champion(-0.5), true],
    [champion(-1.5), false],
    [champion(0, 0.9), true],
    [champion(0, 0.7), false],
  ] as const) {
    it(`to the champion × ${limit.kind === 'champion' ? `${limit.factor} + ${limit.offset}` : ''}: by the bootstrap, which the flipped rows must confirm where it does not hold 0`, async () => {
      const sure = await interval(meanMetric(own, theirs), limit, 0.95);
      const asked = limit.kind === 'champion' ? mean(theirs) * limit.factor + limit.offset : NaN;
      assert.equal(sure.method, 'bootstrap');
      close(sure.champion!, mean(theirs));
      const difference = mean(own) - asked;
      assert.ok(sure.lower < difference && difference < sure.upper);
      assert.equal(sure.upper < 0, isSure);
      assert.equal(sure.swapPValue === undefined, !(sure.upper < 0 || sure.lower > 0));
    });
  }

  it('of two rankings: has to be as large as the randomisation test asks, and as the jackknife standard error does', async () => {
    const random = new Random(8);
    const positive = Uint8Array.from({ length: 80 }, () => Number(random.below(4) === 0));
    const asked = { test: 0, standardError: 0 };
    for (let noise = 1; noise < 8; noise++) {
      const scores = (height: number) => column(80, (row) => positive[row]! * height + random.below(1000) / 100);
      const metric = rankMetric(positive, scores(2 * noise), scores(3), areaUnderRoc);
      const { lower, upper } = await interval(metric, champion(), 0.95);
      const values = await pseudoValues(metric, (one, other) => one - other);
      const { critical } = await swapTest(metric, values, 2000);
      const byError = normalQuantile(0.95) * standardErrorOf(values);
      close((upper - lower) / 2, Math.max(critical(0.95), byError));
      asked[critical(0.95) > byError ? 'test' : 'standardError']++;
    }
    assert.ok(asked.test > 0 && asked.standardError > 0, JSON.stringify(asked));
  });

  it('to a number: by the candidate and its bootstrap, with no test of two models', async () => {
    const sure = await interval(meanMetric(own, undefined), bound(4), 0.95);
    assert.deepEqual([sure.method, sure.swapPValue, sure.champion], ['bootstrap', undefined, undefined]);
    assert.ok(sure.upper < 0 && sure.lower < mean(own) - 4);
  });
});
