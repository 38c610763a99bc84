import type { Criterion } from '../common/criteria/criterion';
import type { Verdict } from '../common/criteria/verdict';
import { decide } from './decision';
import type { Judgement } from './judgement';

const criterion: Criterion = {
  text: 'requireModelCard',
  line: 0,
  metric: 'gaps of the model card',
  slice: [],
  operator: '<=',
  limit: { kind: 'number', value: 0 },
};

/** The judgement with one criterion more: that the model card has no gap. */
export function withCardVerdict(judgement: Judgement, gaps: readonly string[]): Judgement {
  const { decision } = judgement;
  const passed = gaps.length === 0;
  const many = gaps.length === 1 ? 'a gap' : `${gaps.length} gaps`;
  const verdict: Verdict = {
    criterion,
    passed,
    skipped: false,
    candidate: gaps.length,
    champion: null,
    limit: 0,
    explanation: passed ? 'The model card has no gap.' : `The model card has ${many}. ${gaps.join(' ')}`,
  };
  const verdicts = [...decision.verdicts, verdict];
  // An approval that is repeated has a reason of its own.
  const rest = passed && decision.decision === 'approved' ? { ...decision, verdicts } : decide(verdicts);
  return { ...judgement, decision: rest };
}
