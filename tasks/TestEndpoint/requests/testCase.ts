/** A finished test: a row of the Tests tab. */
export interface TestCase {
  readonly kind: 'request' | 'model' | 'negative' | 'swagger' | 'threshold';
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly message?: string;
  readonly milliseconds?: number;
  /** Request and answer of a failed case, cut. */
  readonly details?: string;
}
