import type { PairedColumn } from '../../tasks/Evaluate/confidence/formulas';
import type { Random } from '../../tasks/Evaluate/confidence/random';

/**
 * `equal`: both models err alike, so that they are exchangeable. `otherShape`: the metric is the same in the long run, but
 * the candidate's errors are of this shape and the champion's normal (or even). `better`: the candidate is better.
 */
export type Rivalry = 'equal' | 'otherShape' | 'better';

/** Both models' rows of one comparison, in the order of the metric's columns. */
export interface Scenario {
  readonly name: string;
  readonly metrics: readonly string[];
  /** Whether there is another shape to compare with. */
  readonly hasOtherShape: boolean;
  draw: (rows: number, rivalry: Rivalry, metric: string, random: Random) => PairedColumn[];
}

export const uniform = (random: Random) => (random.next() + 0.5) / 2 ** 32;
export const normal = (random: Random) =>
  Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));

export function same(label: Float64Array): PairedColumn {
  return { candidate: label, champion: label };
}

/** Where between the two, of which one gives less and one more, a function that grows or falls is the target. */
export function solved(of: (value: number) => number, target: number, low: number, high: number): number {
  const grows = of(high) > of(low);
  if (grows ? of(low) > target || of(high) < target : of(low) < target || of(high) > target) return NaN;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (of(middle) < target === grows) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
