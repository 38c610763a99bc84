import { formatNumber } from '../formatNumber';
import type { Criterion, Limit } from './criterion';
import { loggedInstead, lookUp, valueOf, type Measured } from './metricLookup';
import type { Interval, Opponent } from './verdict';

/** What the champion's value makes of a criterion's limit. */
export type ChampionLimit =
  | { readonly kind: 'limit'; readonly champion: number; readonly limit: number; readonly origin: string }
  /** There is none, and why. */
  | { readonly kind: 'none'; readonly champion: number | null; readonly why: string };

export function championLimit(
  criterion: Criterion,
  { factor, offset }: Extract<Limit, { kind: 'champion' }>,
  opponent: Extract<Opponent, { kind: 'champion' }>,
  interval: Interval | undefined,
): ChampionLimit {
  const measured: Measured =
    interval?.champion !== undefined
      ? { kind: 'value', value: interval.champion }
      : lookUp(opponent.metrics, criterion);
  const champion = valueOf(measured);
  if (typeof champion === 'string') {
    const instead = measured.kind === 'missing' ? ` The champion ${loggedInstead(opponent.metrics, criterion)}` : '';
    const why = `${champion} for the champion, version ${opponent.version}.${instead}`;
    return { kind: 'none', champion: measured.kind === 'value' ? measured.value : null, why };
  }
  if (factor !== 1 && champion <= 0) {
    const why = `the champion's is ${formatNumber(champion)}: multiplying a value of zero or less is ambiguous. Write champion + x or champion - x.`;
    return { kind: 'none', champion, why };
  }
  const limit = factor === 1 && offset === 0 ? champion : exact(champion * factor + offset);
  if (!Number.isFinite(limit)) return { kind: 'none', champion, why: `the limit is ${formatNumber(limit)}.` };
  const origin = `${formatNumber(limit)} (the champion's ${formatNumber(champion)}${termOf(factor, offset)})`;
  return { kind: 'limit', champion, limit, origin };
}

/** Rounded to 15 significant digits, so that 0.1 + 0.2 is 0.3: a user's sum, not binary arithmetic, decides. */
function exact(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(15)) : value;
}

function termOf(factor: number, offset: number): string {
  if (factor !== 1) return ` × ${formatNumber(factor)}`;
  if (offset !== 0) return ` ${offset < 0 ? '−' : '+'} ${formatNumber(Math.abs(offset))}`;
  return '';
}
