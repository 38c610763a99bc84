import type { Criterion } from './criterion';
import type { Metrics } from './metricLookup';

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
  /** How the interval was made; `exact` by the binomial distribution. */
  readonly method: 'randomisation' | 'bootstrap' | 'exact';
  /** The two-sided p-value of the randomisation test, where models are compared; by a margin, where the interval does not hold 0. */
  readonly swapPValue?: number;
  /** The model that errs less errs more in its worst rows, so that the interval is wider. */
  readonly longerTail?: boolean;
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
