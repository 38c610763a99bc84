/** How a metric differs between the groups that a column makes: `max difference of recall over region`, `min ratio of …`. */
export interface Disparity {
  /** The largest value less the smallest one, or the smallest divided by the largest. Source: fairlearn, MetricFrame, between_groups. */
  readonly kind: 'difference' | 'ratio';
  /** The column that makes the groups. */
  readonly over: string;
}

/**
 * The disparity of a metric's values in all groups.
 * @returns NaN where a value is not finite, or where a ratio means nothing: of values below zero, or of none above it
 */
export function disparityOf(kind: Disparity['kind'], values: readonly number[]): number {
  if (values.length < 2 || !values.every(Number.isFinite)) return NaN;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (kind === 'difference') return exact(most - least, Math.max(Math.abs(least), Math.abs(most)));
  // Of none above zero it is 0 / 0.
  return least < 0 ? NaN : least / most;
}

/** Rounded where 15 significant digits of the values end, so that 0.9 − 0.84 is 0.06: a user's sum, not binary arithmetic, decides. */
function exact(difference: number, size: number): number {
  return Number(difference.toFixed(Math.min(100, Math.max(0, 14 - Math.floor(Math.log10(size))))));
}
