import assert from 'node:assert/strict';
import type { Verdict } from '../../../tasks/common/criteria/verdict';
import { decide } from '../../../tasks/Evaluate/decision';

const verdict = (passed: boolean, explanation: string, skipped = false) =>
  ({ passed, skipped, explanation }) as Verdict;

describe('The decision', () => {
  const cases: Array<[what: string, verdicts: Verdict[], decision: 'approved' | 'rejected', reason: string]> = [
    ['no criterion at all', [], 'rejected', 'There is no criterion to judge by.'],
    ['one that holds', [verdict(true, 'a holds.')], 'approved', 'a holds.'],
    ['one that does not', [verdict(false, 'a fails.')], 'rejected', 'The criterion does not hold: a fails.'],
    [
      'one of two that does not',
      [verdict(true, 'a holds.'), verdict(false, 'b fails.')],
      'rejected',
      '1 of 2 criteria does not hold: b fails.',
    ],
    [
      'two of two that do not',
      [verdict(false, 'a fails.'), verdict(false, 'b fails.')],
      'rejected',
      '2 of 2 criteria do not hold: a fails. b fails.',
    ],
    ['several that hold', [verdict(true, 'a holds.'), verdict(true, 'b holds.')], 'approved', 'All 2 criteria hold.'],
    [
      'one that holds and one that was skipped',
      [verdict(true, 'a holds.'), verdict(true, 'b was skipped.', true)],
      'approved',
      'a holds. b was skipped.',
    ],
    [
      'two that were skipped',
      [verdict(true, 'There is no champion.', true), verdict(true, 'There is no champion.', true)],
      'approved',
      '2 comparisons were skipped: There is no champion.',
    ],
    [
      'a skipped one beside one that does not hold',
      [verdict(true, 'skipped.', true), verdict(false, 'b fails.')],
      'rejected',
      '1 of 2 criteria does not hold: b fails.',
    ],
  ];
  for (const [what, verdicts, decision, reason] of cases) {
    it(`on ${what}`, () => assert.deepEqual(decide(verdicts), { decision, reason, verdicts }));
  }
});
