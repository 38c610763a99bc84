import { formatNumber } from '../formatNumber';
import { metricLabel, type Criterion, type Operator } from './criterion';
import { lookUp, loggedInstead, type Measured, type Metrics } from './metricLookup';

/** What the candidate is compared with. */
export type Opponent =
  | { readonly kind: 'champion'; readonly version: string; readonly metrics: Metrics }
  /** There is no champion yet, and the pipeline says that comparisons mean nothing then, or that they reject. */
  | { readonly kind: 'none'; readonly comparisons: 'skip' | 'reject' }
  /** The candidate is the champion: it is not compared with itself. */
  | { readonly kind: 'itself' };

/** The uncertainty of candidate − limit, or why it cannot be had. */
export type Uncertainty = Interval | { readonly kind: 'unavailable'; readonly why: string };

export function unavailable(why: string): Uncertainty {
  return { kind: 'unavailable', why };
}

export interface Interval {
  readonly kind: 'interval';
  /** Both values as computed from the rows. */
  readonly candidate: number;
  readonly champion?: number;
  /** Of a disparity, the candidate's value in each group. */
  readonly groups?: ReadonlyMap<string, number>;
  /** The confidence interval of candidate − limit. */
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  readonly rows: number;
  readonly resamples: number;
  /** The two-sided p-value of the randomisation test, where models are compared and the interval does not hold 0. */
  readonly swapPValue?: number;
  /** McNemar's exact test, where it applies: two-sided p-value and the rows that only one of the two got right. */
  readonly mcNemar?: { readonly pValue: number; readonly onlyCandidate: number; readonly onlyChampion: number };
}

export interface Verdict {
  readonly criterion: Criterion;
  readonly passed: boolean;
  /** The comparison had nobody to compare with, and policy says that it then does not count. */
  readonly skipped: boolean;
  readonly candidate: number | null;
  readonly champion: number | null;
  readonly limit: number | null;
  readonly interval?: Interval;
  /** One sentence that names the values. */
  readonly explanation: string;
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
  const label = metricLabel(criterion);
  const interval = uncertainty?.kind === 'interval' ? uncertainty : undefined;
  const own: Measured = interval
    ? { kind: 'value', value: interval.candidate, groups: interval.groups }
    : lookUp(candidate, criterion);
  const extremes = own.kind === 'value' && own.groups ? extremeGroups(own.groups) : '';
  const verdict = (passed: boolean, explanation: string, rest: Partial<Verdict> = {}): Verdict => ({
    criterion,
    passed,
    skipped: false,
    candidate: own.kind === 'value' ? own.value : null,
    champion: null,
    limit: null,
    ...(interval ? { interval } : {}),
    explanation: explanation + extremes,
    ...rest,
  });

  if (uncertainty?.kind === 'unavailable' && !(criterion.limit.kind === 'champion' && opponent.kind !== 'champion')) {
    return verdict(false, `${label} cannot be judged with confidence: ${uncertainty.why}`);
  }
  const unfit = unusable(own);
  if (unfit) {
    const instead = own.kind === 'missing' ? ` The candidate ${loggedInstead(candidate, criterion)}` : '';
    return verdict(false, `${label} ${unfit} for the candidate.${instead}`);
  }
  const value = (own as { value: number }).value;

  if (criterion.limit.kind === 'number') {
    const limit = criterion.limit.value;
    return decide(verdict, criterion, value, limit, { limit }, `${formatNumber(limit)}`, interval);
  }
  if (opponent.kind === 'itself') {
    const why = `${label} is ${formatNumber(value)}; the candidate is the champion and is not compared with itself.`;
    return verdict(true, why, { skipped: true });
  }
  if (opponent.kind === 'none') {
    const what = `${label} is ${formatNumber(value)}, but there is no champion yet to compare it with`;
    return opponent.comparisons === 'skip'
      ? verdict(true, `${what}: the comparison is skipped.`, { skipped: true })
      : verdict(false, `${what}, and the input firstModel is "reject".`);
  }
  const other: Measured =
    interval?.champion !== undefined
      ? { kind: 'value', value: interval.champion }
      : lookUp(opponent.metrics, criterion);
  const unfitOther = unusable(other);
  if (unfitOther) {
    const theirs = other.kind === 'value' ? other.value : null;
    const instead = other.kind === 'missing' ? ` The champion ${loggedInstead(opponent.metrics, criterion)}` : '';
    return verdict(false, `${label} is ${formatNumber(value)}, but ${unfitOther} for the champion, version ${opponent.version}.${instead}`, { champion: theirs }); // prettier-ignore
  }
  const champion = (other as { value: number }).value;
  const { factor, offset } = criterion.limit;
  if (factor !== 1 && champion <= 0) {
    const why = `the champion's is ${formatNumber(champion)}: multiplying a value of zero or less is ambiguous. Write champion + x or champion - x.`;
    return verdict(false, `${label} is ${formatNumber(value)}, but ${why}`, { champion });
  }
  const limit = factor === 1 && offset === 0 ? champion : exact(champion * factor + offset);
  if (!Number.isFinite(limit)) {
    return verdict(false, `${label} is ${formatNumber(value)}, but the limit is ${formatNumber(limit)}.`, { champion });
  }
  const term = factor !== 1 ? ` × ${formatNumber(factor)}` : offset !== 0 ? ` ${offset < 0 ? '−' : '+'} ${formatNumber(Math.abs(offset))}` : ''; // prettier-ignore
  const origin = `${formatNumber(limit)} (the champion's ${formatNumber(champion)}${term})`;
  return decide(verdict, criterion, value, limit, { champion, limit }, origin, interval);
}

function extremeGroups(groups: ReadonlyMap<string, number>): string {
  const sorted = [...groups].sort(([, a], [, b]) => a - b);
  const show = ([name, value]: [string, number]) => `${name}, ${formatNumber(value)}`;
  return ` Lowest: ${show(sorted[0]!)}; highest: ${show(sorted.at(-1)!)}.`;
}

function decide(
  verdict: (passed: boolean, explanation: string, rest: Partial<Verdict>) => Verdict,
  criterion: Criterion,
  value: number,
  limit: number,
  values: Partial<Verdict>,
  limitText: string,
  interval: Interval | undefined,
): Verdict {
  const label = metricLabel(criterion);
  const words = wording[criterion.operator];
  const holds = compare(value, criterion.operator, limit);
  const is = `${label} is ${precise(value, limit)}`;
  if (!holds) return verdict(false, `${is}, but must be ${words} ${limitText}.`, values);
  if (criterion.confidence === undefined) return verdict(true, `${is}, which is ${words} ${limitText}.`, values);
  if (!interval) {
    return verdict(false, `${is}, but there are no predictions to judge it with confidence.`, values);
  }
  const percent = `${formatNumber(interval.level * 100)}%`;
  const range = `the ${percent} interval of the difference is ${formatNumber(interval.lower)} to ${formatNumber(interval.upper)}`;
  const sure = compare(interval.lower, criterion.operator, 0) && compare(interval.upper, criterion.operator, 0);
  if (!sure) {
    return verdict(
      false,
      `${is}, which is ${words} ${limitText}, but that is not statistically certain: ${range}, which includes 0.`,
      values,
    );
  }
  const test = interval.mcNemar
    ? { name: "McNemar's test", pValue: interval.mcNemar.pValue }
    : interval.swapPValue === undefined
      ? undefined
      : { name: 'the randomisation test', pValue: interval.swapPValue };
  // Models that say the same in each row are certainly at most, and at least, as good as each other.
  const same = interval.lower === 0 && interval.upper === 0;
  if (test && !same && !(test.pValue < 1 - interval.level)) {
    return verdict(false, `${is}, which is ${words} ${limitText}, but ${test.name} does not confirm it: p = ${formatNumber(test.pValue, 3)}.`, values); // prettier-ignore
  }
  const confirmed = test ? `; ${test.name}: p = ${formatNumber(test.pValue, 3)}` : '';
  return verdict(true, `${is}, ${words} ${limitText} with ${percent} confidence: ${range}${confirmed}.`, values);
}

export function compare(left: number, operator: Operator, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
  }
}

const wording: Record<Operator, string> = {
  '<': 'below',
  '<=': 'at most',
  '>': 'above',
  '>=': 'at least',
  '==': 'exactly',
};

function unusable(measured: Measured): string | undefined {
  if (measured.kind === 'missing') return 'was not measured';
  if (measured.kind === 'ambiguous') return `has several, different values (${measured.names.join(', ')})`;
  if (Number.isNaN(measured.value)) return 'is NaN';
  if (!Number.isFinite(measured.value)) return 'is infinite';
  return undefined;
}

/** Rounded to 15 significant digits, so that 0.1 + 0.2 is 0.3: a user's sum, not binary arithmetic, decides. */
function exact(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(15)) : value;
}

/** The value with as many digits as it takes to see it apart from the limit. */
function precise(value: number, limit: number): string {
  for (let digits = 6; digits < 17; digits++) {
    if (value === limit || formatNumber(value, digits) !== formatNumber(limit, digits))
      return formatNumber(value, digits);
  }
  return String(value);
}
