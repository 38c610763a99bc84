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
    return { certain: false, why: `that is not statistically certain: ${range}, which includes 0${remedy(interval)}` };
  }
  const test = testOf(interval);
  if (!test) return { certain: true, why: `${percent} confidence: ${range}` };
  const p = `p = ${formatNumber(test.pValue, 3)}`;
  // Models that say the same in each row are certainly at most, and at least, as good as each other.
  const same = interval.lower === 0 && interval.upper === 0;
  return same || test.pValue < 1 - interval.level
    ? { certain: true, why: `${percent} confidence: ${range}; ${test.name}: ${p}${unseen(interval)}` }
    : { certain: false, why: `${test.name} does not confirm it: ${p}` };
}

/** With so few rows it is said how rare what may be missing is; with more it is rare. */
const fewRows = 1000;

function unseen(interval: Interval): string {
  return interval.rows < fewRows ? `; ${rarestSeen(interval)}` : '';
}

/** The rule of three: of what comes in one of so many rows, one at least is among these with that confidence. */
export function rarestSeen({ rows, level }: Pick<Interval, 'rows' | 'level'>): string {
  const oneIn = Math.max(1, Math.floor(rows / -Math.log(1 - level)));
  return `errors rarer than 1 row in ${oneIn} may not be among these ${rows} rows`;
}

/** What it would take, where two models are compared by an interval that reaches as far to both sides. */
function remedy({ method, longerTail, lower, upper, rows }: Interval): string {
  if (method !== 'randomisation') return '';
  const ratio = (upper - lower) / Math.abs(upper + lower);
  const needed = Math.max(rows * ratio ** 2, rows + 1);
  const wider = longerTail
    ? ', and is wider because the largest error is made by the model that errs less on average, so that others like it may not be among the rows'
    : '';
  return needed < 1e9
    ? `${wider}; if the difference stays, it takes about ${formatNumber(roundedUp(needed))} rows`
    : wider;
}

/** To two digits, and never to what is less. */
function roundedUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return unit * Math.ceil(Number((count / unit).toPrecision(12)));
}

/** The exact test goes before the randomisation test. */
function testOf({ mcNemar, swapPValue }: Interval): { name: string; pValue: number } | undefined {
  if (mcNemar) return { name: "McNemar's test", pValue: mcNemar.pValue };
  return swapPValue === undefined ? undefined : { name: 'the randomisation test', pValue: swapPValue };
}
