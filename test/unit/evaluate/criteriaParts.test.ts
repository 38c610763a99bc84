import assert from 'node:assert/strict';
import { certaintyOf } from '../../../tasks/common/criteria/certainty';
import { isComparison, isPlainComparison, metricLabel, type Operator } from '../../../tasks/common/criteria/criterion';
import { disparityOf } from '../../../tasks/common/criteria/disparity';
import { judge } from '../../../tasks/common/criteria/judge';
import { loggedInstead, lookUp } from '../../../tasks/common/criteria/metricLookup';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import type { Interval, Opponent } from '../../../tasks/common/criteria/verdict';

const criterionOf = (text: string) => parseCriteria(text).criteria[0]!;

describe('Evaluate: whether chance is ruled out', () => {
  const mcNemar = (pValue: number) => ({ mcNemar: { pValue, onlyCandidate: 1, onlyChampion: 2 } });
  const range = (lower: string, upper: string) => `the 95% interval of the difference is ${lower} to ${upper}`;
  for (const [what, operator, rest, certain, why] of [
    ['below', '<', { lower: -0.8, upper: -0.2 }, true, `95% confidence: ${range('−0.8', '−0.2')}`],
    [
      'not where 0 is within',
      '<',
      { lower: -0.8, upper: 0.2 },
      false,
      `that is not statistically certain: ${range('−0.8', '0.2')}, which includes 0`,
    ],
    [
      'not where it ends at 0',
      '<',
      { lower: -0.8, upper: 0 },
      false,
      `that is not statistically certain: ${range('−0.8', '0')}, which includes 0`,
    ],
    ['at most, where it ends at 0', '<=', { lower: -0.8, upper: 0 }, true, `95% confidence: ${range('−0.8', '0')}`],
    ['above', '>', { lower: 0.2, upper: 0.8 }, true, `95% confidence: ${range('0.2', '0.8')}`],
    [
      'not above, where it begins below',
      '>',
      { lower: -0.2, upper: 0.8 },
      false,
      `that is not statistically certain: ${range('−0.2', '0.8')}, which includes 0`,
    ],
    [
      'by the randomisation test too',
      '<',
      { lower: -2, upper: -1, swapPValue: 0.0123 },
      true,
      `95% confidence: ${range('−2', '−1')}; the randomisation test: p = 0.0123`,
    ],
    [
      'not without it',
      '<',
      { lower: -2, upper: -1, swapPValue: 0.06 },
      false,
      'the randomisation test does not confirm it: p = 0.06',
    ],
    [
      'not where it is just at the level',
      '<',
      { lower: -2, upper: -1, swapPValue: 1 - 0.95 },
      false,
      'the randomisation test does not confirm it: p = 0.05',
    ],
    [
      "by McNemar's test, which goes before the other",
      '<',
      { lower: -2, upper: -1, swapPValue: 0.9, ...mcNemar(0.01) },
      true,
      `95% confidence: ${range('−2', '−1')}; McNemar's test: p = 0.01`,
    ],
    [
      "not without McNemar's, whatever the other says",
      '<',
      { lower: -2, upper: -1, swapPValue: 0.001, ...mcNemar(0.5) },
      false,
      "McNemar's test does not confirm it: p = 0.5",
    ],
    [
      'of models that say the same',
      '<=',
      { lower: 0, upper: 0, ...mcNemar(1) },
      true,
      `95% confidence: ${range('0', '0')}; McNemar's test: p = 1`,
    ],
    [
      'not of an interval that only begins at 0',
      '>=',
      { lower: 0, upper: 0.5, ...mcNemar(1) },
      false,
      "McNemar's test does not confirm it: p = 1",
    ],
    [
      'not of an interval that only ends at 0',
      '<=',
      { lower: -0.5, upper: 0, ...mcNemar(1) },
      false,
      "McNemar's test does not confirm it: p = 1",
    ],
    [
      'of few rows with what may be missing among them',
      '<',
      { lower: -2, upper: -1, swapPValue: 0.01, rows: 999 },
      true,
      `95% confidence: ${range('−2', '−1')}; the randomisation test: p = 0.01; errors rarer than 1 row in 333 may not be among these 999 rows`,
    ],
    [
      'not where models are so alike, with how many rows it takes',
      '<',
      { lower: -3, upper: 1, method: 'randomisation' },
      false,
      `that is not statistically certain: ${range('−3', '1')}, which includes 0; if the difference stays, it takes about 4000 rows`,
    ],
    [
      'not where it just ends at 0, and it takes more rows than there are',
      '<',
      { lower: -1, upper: 0, method: 'randomisation', rows: 1049 },
      false,
      `that is not statistically certain: ${range('−1', '0')}, which includes 0; if the difference stays, it takes about 1100 rows`,
    ],
    [
      'not where models are so alike, with rows enough, not rounded to fewer',
      '<',
      { lower: -3, upper: 1, method: 'randomisation', rows: 1010 },
      false,
      `that is not statistically certain: ${range('−3', '1')}, which includes 0; if the difference stays, it takes about 4100 rows`,
    ],
    [
      'not where no number of rows would do',
      '<',
      { lower: -1, upper: 1, method: 'randomisation' },
      false,
      `that is not statistically certain: ${range('−1', '1')}, which includes 0`,
    ],
  ] as Array<[string, Operator, Partial<Interval>, boolean, string]>) {
    // prettier-ignore
    it(what, () => {
      const interval: Interval = { kind: 'interval', candidate: 1, lower: 0, upper: 0, level: 0.95, rows: 1000, resamples: 9, method: 'bootstrap', ...rest }; // prettier-ignore
      assert.deepEqual(certaintyOf(interval, operator), { certain, why });
    });
  }
});

describe('Evaluate: how a metric differs between groups', () => {
  for (const [kind, values, expected] of [
    ['difference', [0.9, 0.84, 0.87], 0.06],
    ['difference', [-1, 1], 2],
    ['difference', [5, 5], 0],
    ['difference', [1e-9, 3e-9], 2e-9],
    ['difference', [-123456.1, -123456], 0.1],
    ['difference', [0.3, -1000.1], 1000.4],
    ['difference', [0.007, 1000.1], 1000.093],
    ['ratio', [0.5, 1, 0.75], 0.5],
    ['ratio', [0, 1], 0],
    ['ratio', [0, 0], NaN],
    ['ratio', [-1, 1], NaN],
    ['difference', [1], NaN],
    ['difference', [], NaN],
    ['ratio', [1], NaN],
    ['difference', [1, NaN], NaN],
    ['difference', [1, Infinity], NaN],
    ['ratio', [1, Infinity], NaN],
    ['ratio', [NaN, 1], NaN],
  ] as const) {
    it(`the ${kind} of ${values.join(', ') || 'nothing'} is ${expected}`, () => {
      assert.equal(disparityOf(kind, values), expected);
    });
  }
});

describe('Evaluate: under which names a metric is looked for', () => {
  const found = (text: string, metrics: Record<string, number>) => {
    const measured = lookUp(metrics, criterionOf(text));
    return measured.kind === 'value' ? measured.value : measured.kind === 'ambiguous' ? measured.names : 'missing';
  };
  for (const [text, metrics, expected] of [
    ['acc[a=1, b=2] > 0', { 'acc[a=1,b=2]': 5 }, 5],
    ['acc[a=1, b=2] > 0', { 'acc[a=1, b=2]': 5 }, 5],
    ['acc[a=1, b=2] > 0', { 'acc/a/1/b/2': 5 }, 5],
    ['acc[a=1, b=2] > 0', { acc_a_1_b_2: 5, 'acc.a.1.b.2': 5 }, 5],
    ['acc[a=1] > 0', { 'acc.a.1': 5, acc_a_1: 6 }, ['acc.a.1', 'acc_a_1']],
    ['acc[a=1] > 0', { 'acc.a.1': NaN, acc_a_1: NaN }, NaN],
    ['acc[a=1] > 0', { acc: 5, 'acc.a': 5, 'acc.a.2': 5 }, 'missing'],
    // A criterion may name the slice as one of these itself.
    ['acc/a/1 > 0', { 'acc/a/1': 1, 'acc.a.1': 2 }, 1],
    ['acc/a/1 > 0', { 'acc.a.1': 2 }, 2],
    ['acc.a.1 > 0', { 'acc[a=1]': 2 }, 2],
    ['val/acc/a/1 > 0', { 'val/acc[a=1]': 2 }, 2],
    ['acc/a.1 > 0', { 'acc[a=1]': 2 }, 'missing'],
    ['acc/a/1[b=2] > 0', { 'acc[a=1]': 2 }, 'missing'],
    // Groups of a disparity
    ['max difference of acc over a <= 1', { 'acc[a=x]': 1, 'acc/a/y': 0.75 }, 0.25],
    ['max difference of acc over a <= 1', { 'acc.a.x.y': 1, acc_a_z: 0.5 }, 0.5],
    ['max difference of acc over a <= 1', { 'acc[a=x]': 1, 'acc[a=y, b=1]': 0, 'acc[a=]': 0, 'acc[a=z': 0 }, 'missing'],
    [
      'max difference of acc over a <= 1',
      { 'acc/a/x': 1, 'acc/a/': 0, 'acc/ab/y': 0, 'acc.b.y': 0, 'xacc/a/y': 0 },
      'missing',
    ],
    ['max difference of acc over a <= 1', { 'acc/a/x': 1, 'acc.a.x': 1, 'acc.a.y': 0 }, 1],
    ['max difference of acc over a <= 1', { 'acc/a/x': 1, 'acc/a/y': 1, 'acc.a.x': 0.5 }, ['acc/a/x', 'acc.a.x']],
  ] as Array<[string, Record<string, number>, number | string | string[]]>) {
    // prettier-ignore
    it(`of ${text}, among ${Object.keys(metrics).join(' and ')}`, () => assert.deepEqual(found(text, metrics), expected));
  }

  it('tells what was logged instead: what is alike first, ten at most, long names cut', () => {
    const instead = (text: string, ...names: string[]) =>
      loggedInstead(Object.fromEntries(names.map((name) => [name, 1])), criterionOf(text));
    const letters = (count: number) => [...'abcdefghijklmno'].slice(0, count);
    assert.equal(instead('z > 0', ...letters(10)), 'logged these metrics: a, b, c, d, e, f, g, h, i, j.');
    assert.equal(instead('z > 0', ...letters(11)), 'logged these metrics: a, b, c, d, e, f, g, h, i, j and 1 more.');
    assert.equal(instead('RMSE > 0', 'a', 'val  rmse'), 'logged these metrics: val  rmse, a.');
    assert.equal(instead('q > 0', 'x'.repeat(80), 'y'.repeat(81)), `logged these metrics: ${'x'.repeat(80)}, ${'y'.repeat(79)}….`); // prettier-ignore
    assert.equal(instead('acc[a=1] > 0', 'acc', 'accuracy.a.1', 'acc.b.1'), 'logged these slices: acc.b.1. A slice is logged as e.g. acc.a.1.'); // prettier-ignore
    assert.equal(instead('acc > 0', 'acc.b.1'), 'logged these metrics: acc.b.1.');
    assert.equal(instead('max difference of acc over b <= 1', 'acc/b/x'), 'logged these slices: acc/b/x. A slice is logged as e.g. acc.b.a.'); // prettier-ignore
  });
});

describe('Evaluate: a criterion', () => {
  it('is called as people write it', () => {
    for (const [text, label] of [
      ['rmse <= 5', 'rmse'],
      ['acc[a=1, b=2] >= 0.5', 'acc[a=1, b=2]'],
      ['max difference of recall over region <= 0.1', 'max difference of recall over region'],
      ['min ratio of recall over region >= 0.8', 'min ratio of recall over region'],
    ] as const) {
      assert.equal(metricLabel(criterionOf(text)), label);
    }
  });

  it('compares with the champion or with a number, plainly or by a margin or a factor', () => {
    for (const [text, compares, plain] of [
      ['rmse <= 5', false, false],
      ['rmse <= champion', true, true],
      ['rmse <= champion + 1', true, false],
      ['rmse <= champion - 1', true, false],
      ['rmse <= champion * 2', true, false],
    ] as const) {
      const criterion = criterionOf(text);
      assert.deepEqual([isComparison(criterion), isPlainComparison(criterion.limit)], [compares, plain], text);
    }
  });
});

describe('Evaluate: what a verdict holds beside its sentence', () => {
  const champion = (rmse?: number): Opponent => ({ kind: 'champion', version: '1', metrics: rmse === undefined ? {} : { rmse } }); // prettier-ignore
  const none: Opponent = { kind: 'none', comparisons: 'skip' };
  for (const [text, rmse, opponent, values, words] of [
    ['rmse <= 5', 4, none, [4, null, 5], 'rmse is 4, which is at most 5.'],
    ['rmse <= champion', 4, champion(5), [4, 5, 5], "rmse is 4, which is at most 5 (the champion's 5)."],
    ['rmse <= champion + 1', 4, champion(5), [4, 5, 6], "rmse is 4, which is at most 6 (the champion's 5 + 1)."],
    ['rmse <= champion - 1', 4, champion(5), [4, 5, 4], "rmse is 4, which is at most 4 (the champion's 5 − 1)."],
    ['rmse <= champion * 2', 4, champion(5), [4, 5, 10], "rmse is 4, which is at most 10 (the champion's 5 × 2)."],
    ['rmse <= champion', 6, champion(5), [6, 5, 5], "rmse is 6, but must be at most 5 (the champion's 5)."],
    [
      'rmse <= champion',
      4,
      none,
      [4, null, null],
      'rmse is 4, but there is no champion yet to compare it with: the comparison is skipped.',
    ],
    [
      'rmse <= champion',
      4,
      champion(),
      [4, null, null],
      'rmse is 4, but was not measured for the champion, version 1. The champion logged no metric.',
    ],
    ['rmse <= champion', 4, champion(NaN), [4, NaN, null], 'rmse is 4, but is NaN for the champion, version 1.'],
    [
      'rmse <= champion * 2',
      4,
      champion(-1),
      [4, -1, null],
      "rmse is 4, but the champion's is −1: multiplying a value of zero or less is ambiguous. Write champion + x or champion - x.",
    ],
    ['rmse <= champion', NaN, champion(5), [NaN, null, null], 'rmse is NaN for the candidate.'],
  ] as Array<[string, number, Opponent, Array<number | null>, string]>) {
    // prettier-ignore
    it(`of ${text}, given ${rmse} against ${opponent.kind === 'champion' ? JSON.stringify(opponent.metrics) : 'nobody'}`, () => {
      const verdict = judge(criterionOf(text), { rmse }, opponent);
      assert.deepEqual([verdict.candidate, verdict.champion, verdict.limit], values);
      assert.equal(verdict.explanation.slice(0, words.length), words);
    });
  }
});

describe('Evaluate: a verdict on a metric that has no single value', () => {
  it('names no value, and what was logged only where the metric was not', () => {
    const of = (metrics: Record<string, number>) => judge(criterionOf('acc[a=1] > 0'), metrics, { kind: 'none', comparisons: 'skip' }); // prettier-ignore
    const missing = of({ acc: 1 });
    assert.deepEqual([missing.candidate, missing.champion, missing.limit], [null, null, null]);
    const ambiguous = of({ 'acc.a.1': 1, acc_a_1: 2 });
    assert.equal(ambiguous.candidate, null);
    assert.equal(ambiguous.explanation, 'acc[a=1] has several, different values (acc.a.1, acc_a_1) for the candidate.');
    const champion: Opponent = { kind: 'champion', version: '3', metrics: { 'acc.a.1': 1, acc_a_1: 2 } };
    const against = judge(criterionOf('acc[a=1] > champion'), { 'acc[a=1]': 1 }, champion);
    assert.equal(against.champion, null);
    assert.equal(against.explanation, 'acc[a=1] is 1, but has several, different values (acc.a.1, acc_a_1) for the champion, version 3.'); // prettier-ignore
  });
});

describe('Evaluate: a criterion that asks for confidence', () => {
  const sure = criterionOf('rmse < champion with 95% confidence');
  const bound = criterionOf('rmse < 5 with 95% confidence');
  const lacking = { kind: 'unavailable', why: 'there are 5 rows.' } as const;
  const champion: Opponent = { kind: 'champion', version: '1', metrics: { rmse: 5 } };
  const none: Opponent = { kind: 'none', comparisons: 'skip' };

  it('fails where it cannot be had, but for a comparison with nobody', () => {
    for (const [criterion, opponent, skipped] of [
      [sure, champion, false],
      [bound, champion, false],
      [bound, none, false],
      [sure, none, true],
    ] as const) {
      const verdict = judge(criterion, { rmse: 1 }, opponent, lacking);
      assert.deepEqual([verdict.passed, verdict.skipped, verdict.interval], [skipped, skipped, undefined]);
      if (!skipped) assert.equal(verdict.explanation, 'rmse cannot be judged with confidence: there are 5 rows.');
    }
  });

  it('is judged by the rows, whatever was logged, and keeps the interval', () => {
    const interval: Interval = { kind: 'interval', candidate: 3, champion: 4, lower: -2, upper: -1, level: 0.95, rows: 9, resamples: 9, method: 'bootstrap' }; // prettier-ignore
    const verdict = judge(sure, { rmse: 99 }, champion, interval);
    assert.deepEqual([verdict.passed, verdict.candidate, verdict.champion, verdict.limit], [true, 3, 4, 4]);
    assert.equal(verdict.interval, interval);
    assert.equal(judge(bound, {}, none, { ...interval, champion: undefined }).passed, true);
    assert.equal(judge(sure, { rmse: 1 }, champion, { ...interval, upper: 1 }).passed, false);
  });
});
