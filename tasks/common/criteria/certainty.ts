import { formatNumber } from '../formatNumber';
import type { Operator } from './criterion';
import { compare } from './operators';
import type { Interval } from './verdict';

/** Whether chance is ruled out, and the words that say so, or say why it is not. */
export interface Certainty {
  readonly certain: boolean;
  readonly why: string;
}

/** Certain is what the whole interval of the difference says, and what the test of the two models, where there is one, confirms. */
export function certaintyOf(interval: Interval, operator: Operator): Certainty {
  const percent = `${formatNumber(interval.level * 100)}%`;
  const range = `the ${percent} interval of the difference is ${formatNumber(interval.lower)} to ${formatNumber(interval.upper)}`;
  if (!compare(interval.lower, operator, 0) || !compare(interval.upper, operator, 0)) {
    return { certain: false, why: `that is not statistically certain: ${range}, which includes 0` };
  }
  const test = testOf(interval);
  if (!test) return { certain: true, why: `${percent} confidence: ${range}` };
  const p = `p = ${formatNumber(test.pValue, 3)}`;
  // Models that say the same in each row are certainly at most, and at least, as good as each other.
  const same = interval.lower === 0 && interval.upper === 0;
  return same || test.pValue < 1 - interval.level
    ? { certain: true, why: `${percent} confidence: ${range}; ${test.name}: ${p}` }
    : { certain: false, why: `${test.name} does not confirm it: ${p}` };
}

/** The exact test goes before the randomisation test. */
function testOf({ mcNemar, swapPValue }: Interval): { name: string; pValue: number } | undefined {
  if (mcNemar) return { name: "McNemar's test", pValue: mcNemar.pValue };
  return swapPValue === undefined ? undefined : { name: 'the randomisation test', pValue: swapPValue };
}
