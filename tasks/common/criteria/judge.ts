import { formatNumber } from '../formatNumber';
import { certaintyOf } from './certainty';
import { championLimit } from './championLimit';
import { metricLabel, type Criterion } from './criterion';
import { loggedInstead, lookUp, valueOf, type Measured, type Metrics } from './metricLookup';
import { compare, inWords } from './operators';
import type { Interval, Opponent, Uncertainty, Verdict } from './verdict';

/** What the rules say of a criterion, to which the verdict adds what was measured. */
type Ruling = Pick<Verdict, 'passed' | 'explanation'> & Partial<Verdict>;

/** What a value is held against, and where that comes from. */
interface Limit {
  readonly limit: number;
  readonly champion?: number;
  readonly origin: string;
}

/**
 * Decides one criterion. Whatever cannot be decided is not passed: a metric that is missing, NaN or infinite, on either
 * side, never approves. The rules are written down in docs/guides/evaluation-rules.md.
 * @param uncertainty needed where the criterion asks for confidence
 */
export function judge(
  criterion: Criterion,
  candidate: Metrics,
  opponent: Opponent,
  uncertainty?: Uncertainty,
): Verdict {
  const interval = uncertainty?.kind === 'interval' ? uncertainty : undefined;
  const own: Measured = interval
    ? { kind: 'value', value: interval.candidate, groups: interval.groups }
    : lookUp(candidate, criterion);
  const value = valueOf(own);
  const ruling =
    unjudgeable(criterion, opponent, uncertainty) ??
    (typeof value === 'string'
      ? unmeasured(criterion, value, own, candidate)
      : judgeValue(criterion, value, opponent, interval));
  return {
    criterion,
    skipped: false,
    candidate: own.kind === 'value' ? own.value : null,
    champion: null,
    limit: null,
    ...(interval ? { interval } : {}),
    ...ruling,
    explanation: ruling.explanation + extremeGroups(own),
  };
}

/** The rows that confidence needs are missing, or do not match. A comparison with nobody needs none. */
function unjudgeable(criterion: Criterion, opponent: Opponent, uncertainty?: Uncertainty): Ruling | undefined {
  if (uncertainty?.kind !== 'unavailable') return undefined;
  if (criterion.limit.kind === 'champion' && opponent.kind !== 'champion') return undefined;
  return failed(`${metricLabel(criterion)} cannot be judged with confidence: ${uncertainty.why}`);
}

function unmeasured(criterion: Criterion, why: string, own: Measured, candidate: Metrics): Ruling {
  const instead = own.kind === 'missing' ? ` The candidate ${loggedInstead(candidate, criterion)}` : '';
  return failed(`${metricLabel(criterion)} ${why} for the candidate.${instead}`);
}

function judgeValue(criterion: Criterion, value: number, opponent: Opponent, interval: Interval | undefined): Ruling {
  if (criterion.limit.kind === 'number') {
    const limit = criterion.limit.value;
    return judgeAgainst(criterion, value, { limit, origin: formatNumber(limit) }, interval);
  }
  if (opponent.kind !== 'champion') return judgeUncompared(criterion, value, opponent);
  const found = championLimit(criterion, criterion.limit, opponent, interval);
  return found.kind === 'limit'
    ? judgeAgainst(criterion, value, found, interval)
    : failed(`${isValue(criterion, value)}, but ${found.why}`, { champion: found.champion });
}

function judgeUncompared(
  criterion: Criterion,
  value: number,
  opponent: Exclude<Opponent, { kind: 'champion' }>,
): Ruling {
  const is = isValue(criterion, value);
  if (opponent.kind === 'itself') {
    return passed(`${is}; the candidate is the champion and is not compared with itself.`, { skipped: true });
  }
  const what = `${is}, but there is no champion yet to compare it with`;
  return opponent.comparisons === 'skip'
    ? passed(`${what}: the comparison is skipped.`, { skipped: true })
    : failed(`${what}, and the input firstModel is "reject".`);
}

function judgeAgainst(
  criterion: Criterion,
  value: number,
  { limit, champion, origin }: Limit,
  interval: Interval | undefined,
): Ruling {
  const values = champion === undefined ? { limit } : { champion, limit };
  const is = `${metricLabel(criterion)} is ${precise(value, limit)}`;
  const words = `${inWords(criterion.operator)} ${origin}`;
  if (!compare(value, criterion.operator, limit)) return failed(`${is}, but must be ${words}.`, values);
  if (criterion.confidence === undefined) return passed(`${is}, which is ${words}.`, values);
  if (!interval) return failed(`${is}, but there are no predictions to judge it with confidence.`, values);
  const { certain, why } = certaintyOf(interval, criterion.operator);
  return certain
    ? passed(`${is}, ${words} with ${why}.`, values)
    : failed(`${is}, which is ${words}, but ${why}.`, values);
}

function passed(explanation: string, values: Partial<Verdict> = {}): Ruling {
  return { passed: true, explanation, ...values };
}

function failed(explanation: string, values: Partial<Verdict> = {}): Ruling {
  return { passed: false, explanation, ...values };
}

function isValue(criterion: Criterion, value: number): string {
  return `${metricLabel(criterion)} is ${formatNumber(value)}`;
}

/** The value with as many digits as it takes to see it apart from the limit. */
function precise(value: number, limit: number): string {
  for (let digits = 6; digits < 17; digits++) {
    if (value === limit || formatNumber(value, digits) !== formatNumber(limit, digits))
      return formatNumber(value, digits);
  }
  return String(value);
}

function extremeGroups(own: Measured): string {
  if (own.kind !== 'value' || !own.groups) return '';
  const sorted = [...own.groups].sort(([, a], [, b]) => a - b);
  const show = ([name, value]: [string, number]) => `${name}, ${formatNumber(value)}`;
  return ` Lowest: ${show(sorted[0]!)}; highest: ${show(sorted.at(-1)!)}.`;
}
