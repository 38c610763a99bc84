import assert from 'node:assert/strict';
import { withCardVerdict } from '../../../tasks/Evaluate/cardVerdict';
import type { Decision } from '../../../tasks/Evaluate/decision';
import type { Judgement } from '../../../tasks/Evaluate/judgement';

const judged = (decision: Decision['decision'], reason: string): Judgement => ({
  decision: { decision, reason, verdicts: [{ criterion: { text: 'rmse <= 5', line: 1, metric: 'rmse', slice: [], operator: '<=', limit: { kind: 'number', value: 5 } }, passed: decision === 'approved', skipped: false, candidate: 4, champion: null, limit: 5, explanation: 'rmse is 4.' }] },
  metrics: {},
  sources: { candidate: 'x' },
  warnings: [],
  plots: { markdown: [], pictures: [] },
}); // prettier-ignore

describe('Evaluate: a model card that is required', () => {
  for (const [before, gaps, decision, reason] of [
    ['approved', [], 'approved', 'As before.'],
    ['approved', ['It is empty.'], 'rejected', '1 of 2 criteria does not hold: The model card has a gap. It is empty.'],
    ['approved', ['One.', 'Two.'], 'rejected', '1 of 2 criteria does not hold: The model card has 2 gaps. One. Two.'],
    ['rejected', [], 'rejected', '1 of 2 criteria does not hold: rmse is 4.'],
    ['rejected', ['One.'], 'rejected', '2 of 2 criteria do not hold: rmse is 4. The model card has a gap. One.'],
  ] as const) {
    it(`with ${gaps.length} gaps, after ${before}: ${decision}`, () => {
      const { decision: found, metrics } = withCardVerdict(judged(before, 'As before.'), gaps);
      assert.deepEqual([found.decision, found.reason, metrics], [decision, reason, {}]);
      const { criterion, passed, skipped, candidate, champion, limit } = found.verdicts[1]!;
      assert.deepEqual([criterion.text, criterion.metric, criterion.operator], ['requireModelCard', 'gaps of the model card', '<=']); // prettier-ignore
      assert.deepEqual([passed, skipped, candidate, champion, limit], [gaps.length === 0, false, gaps.length, null, 0]);
    });
  }
});
