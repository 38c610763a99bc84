import type { Verdict } from '../common/criteria/verdict';

export interface Decision {
  readonly decision: 'approved' | 'rejected';
  /** One line that a person reads first. */
  readonly reason: string;
  readonly verdicts: readonly Verdict[];
}

/** All criteria must hold; without any criterion there is no approval. */
export function decide(verdicts: readonly Verdict[]): Decision {
  if (verdicts.length === 0) return { decision: 'rejected', reason: 'There is no criterion to judge by.', verdicts };
  const failed = verdicts.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const many = verdicts.length > 1 ? `${failed.length} of ${verdicts.length} criteria` : 'The criterion';
    const verb = failed.length > 1 ? 'do' : 'does';
    return { decision: 'rejected', reason: `${many} ${verb} not hold: ${sentences(failed)}`, verdicts };
  }
  const [skipped, held] = [verdicts.filter((each) => each.skipped), verdicts.filter((each) => !each.skipped)];
  const reason = [
    held.length > 1 ? `All ${held.length} criteria hold.` : sentences(held),
    skipped.length > 1 ? `${skipped.length} comparisons were skipped: ${skipped[0]!.explanation}` : sentences(skipped),
  ];
  return { decision: 'approved', reason: reason.filter((part) => part !== '').join(' '), verdicts };
}

/** Each once: of a metric that is missing all its criteria say the same. */
function sentences(verdicts: readonly Verdict[]): string {
  return [...new Set(verdicts.map(({ explanation }) => explanation))].join(' ');
}
