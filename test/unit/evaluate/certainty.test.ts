import assert from 'node:assert/strict';
import { certaintyOf } from '../../../tasks/common/criteria/certainty';
import { isComparison, isPlainComparison, metricLabel, type Operator } from '../../../tasks/common/criteria/criterion';
import { disparityOf } from '../../../tasks/common/criteria/disparity';
import { judge } from '../../../tasks/common/criteria/judge';
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
  ] as Array<[string, Operator, Partial<Interval>, boolean, string]>) {
    // prettier-ignore
    it(what, () => {
      const interval: Interval = { kind: 'interval', candidate: 1, lower: 0, upper: 0, level: 0.95, rows: 9, resamples: 9, ...rest }; // prettier-ignore
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
