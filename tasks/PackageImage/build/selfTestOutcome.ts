/** The first words of the line by which a self-test ends; python/mlops_outcome.py writes them. */
const words = {
  failed: 'SELF-TEST FAILED:',
  notTested: 'SELF-TEST NOT TESTED:',
  passed: 'SELF-TEST PASSED:',
} as const;

/** Stands in the log once the test has begun. */
export const testBegins = 'Self-test begins.';

export interface SelfTestOutcome {
  readonly kind: keyof typeof words;
  /** One line: what was tested, why it was not, or what went wrong. */
  readonly text: string;
}

/**
 * Finds in a build's log how its self-test ended; undefined where no such line stands there.
 * @param log text of others: it may claim what it likes of its own image, and is quoted only
 */
export function selfTestOutcome(log: string): SelfTestOutcome | undefined {
  const found = (Object.keys(words) as Array<keyof typeof words>)
    .map((kind) => ({ kind, at: log.lastIndexOf(words[kind]) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => b.at - a.at)[0];
  if (!found) return undefined;
  const text = log
    .slice(found.at + words[found.kind].length)
    .split('\n', 1)[0]!
    .trim();
  return { kind: found.kind, text };
}

export function outcomeLine({ kind, text }: SelfTestOutcome): string {
  return `${words[kind]} ${text}`;
}

/** Whether a self-test began and never said how it ended: what it started ended its process. */
export function selfTestBrokeOff(log: string): boolean {
  const at = log.lastIndexOf(testBegins);
  return at >= 0 && selfTestOutcome(log.slice(at)) === undefined;
}
