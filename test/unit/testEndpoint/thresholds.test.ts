import assert from 'node:assert/strict';
import { keeps, parseThresholds, withErrorLimit, type LoadFigures } from '../../../tasks/TestEndpoint/load/thresholds';

const figures: LoadFigures = {
  requests: 200,
  errors: 2,
  perSecond: 50,
  mean: 10,
  min: 1,
  max: 900,
  percentile: (percent) => percent * 2,
};
const verdict = (text: string): boolean => {
  const [threshold] = parseThresholds([{ line: 1, text }], assert.fail);
  return keeps(threshold!, threshold!.measure(figures));
};

describe('thresholds', () => {
  for (const text of [
    'p95 < 200ms',
    'p99 < 1s',
    'p99.9<199.9ms',
    'p50 <= 100000us',
    'errors <= 1%',
    'throughput >= 50/s',
    'max < 1 s',
    'MEAN > 9ms',
  ]) {
    it(`${text} is kept`, () => assert.equal(verdict(text), true));
  }
  for (const text of ['p95 < 190ms', 'p99 < 0.1s', 'errors < 1%', 'throughput > 50/s', 'min > 1ms']) {
    it(`${text} is not kept`, () => assert.equal(verdict(text), false));
  }
  it('limit the errors to 1 % where they do not speak of errors themselves', () => {
    const texts = (...lines: string[]) =>
      withErrorLimit(
        parseThresholds(
          lines.map((text, index) => ({ line: index + 1, text })),
          assert.fail,
        ),
      );
    assert.deepEqual(
      texts('p95 < 200ms').map((threshold) => [threshold.text, keeps(threshold, threshold.measure(figures))]),
      [
        ['p95 < 200ms', true],
        ['errors < 1%', false],
      ],
    );
    assert.deepEqual(
      texts('errors <= 5%').map(({ text }) => text),
      ['errors <= 5%'],
    );
    const [limit] = texts();
    assert.deepEqual(
      [0, 1, 100].map((errors) => keeps(limit!, limit!.measure({ ...figures, errors }))),
      [true, true, false],
    );
    assert.equal(keeps(limit!, limit!.measure({ ...figures, requests: 0, errors: 0 })), false);
  });
  it('refuses a limit that every figure keeps, as no number is beyond it', () => {
    for (const text of [`p95 < ${'9'.repeat(400)}ms`, `errors <= ${'9'.repeat(400)}%`, `max < ${'9'.repeat(308)}s`]) {
      const problems: string[] = [];
      assert.deepEqual(
        parseThresholds([{ line: 3, text }], (problem) => problems.push(problem)),
        [],
      );
      assert.match(problems.join(), /^line 3: the limit of (p95|errors|max) is too large a number/);
    }
  });
  it('keeps nothing on a figure that is not a number', () => {
    const [threshold] = parseThresholds([{ line: 1, text: 'p95 < 200ms' }], assert.fail);
    assert.equal(keeps(threshold!, NaN), false);
  });
  for (const text of [
    'p95 200ms',
    'p95 < 200',
    'errors < 1',
    'throughput > 50ms',
    'p100 < 1ms',
    'speed < 1ms',
    'p95 < -1ms',
  ]) {
    it(`"${text}" is refused with its line`, () => {
      const problems: string[] = [];
      assert.deepEqual(
        parseThresholds([{ line: 7, text }], (problem) => problems.push(problem)),
        [],
      );
      assert.match(problems[0] ?? '', /^line 7/);
    });
  }
});
