/** A finished test: a row of the Tests tab. */
export interface TestCase {
  readonly kind: 'request' | 'model' | 'negative' | 'swagger' | 'threshold';
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly message?: string;
  /** What is right and could be better. */
  readonly warning?: string;
  readonly milliseconds?: number;
  /** Request and answer of a failed case, cut. */
  readonly details?: string;
  /** It failed because it could not be made, for Azure did not answer for one: that says nothing against the deployment. */
  readonly isInconclusive?: boolean;
}

/** How many tests there were and what came of them, in one way everywhere: page, log, summary. */
export function countSentence(cases: readonly TestCase[]): string {
  const count = (wanted: TestCase['outcome']) => cases.filter(({ outcome }) => outcome === wanted).length;
  const rest = (['failed', 'skipped'] as const)
    .filter((each) => count(each) > 0)
    .map((each) => `${count(each)} ${each}`);
  return [`${count('passed')} of ${cases.length} passed`, ...rest].join(', ');
}
