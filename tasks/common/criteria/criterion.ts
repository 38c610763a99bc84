import type { Disparity } from './disparity';

export type Operator = '<' | '<=' | '>' | '>=' | '==';

/** What a metric is held against. */
export type Limit =
  | { readonly kind: 'number'; readonly value: number }
  /** champion × factor + offset; a criterion has a factor other than 1 or an offset other than 0, never both. */
  | { readonly kind: 'champion'; readonly factor: number; readonly offset: number };

/** A part of the data, by a column and its value: `[region=eu]`. */
export interface SliceTerm {
  readonly key: string;
  readonly value: string;
}

/** One line of the criteria, e.g. `accuracy[region=eu] >= champion - 0.01 with 95% confidence`. */
export interface Criterion {
  /** As the user wrote it, without comment and outer white space. */
  readonly text: string;
  readonly line: number;
  readonly metric: string;
  readonly slice: readonly SliceTerm[];
  /** Set where the criterion is about how the metric differs between groups. */
  readonly disparity?: Disparity;
  readonly operator: Operator;
  readonly limit: Limit;
  /** 0.95 for `with 95% confidence`, 0.99 for `with 95% confidence over 5 looks`; undefined where only the values decide. */
  readonly confidence?: number;
  /** 5 for `over 5 looks`: for how many candidates together the level is meant. */
  readonly looks?: number;
}

/** Whether the criterion compares with the champion. */
export function isComparison({ limit }: Criterion): boolean {
  return limit.kind === 'champion';
}

/** Whether it asks for better or worse than the champion, without margin or factor. */
export function isPlainComparison(limit: Limit): boolean {
  return limit.kind === 'champion' && limit.factor === 1 && limit.offset === 0;
}

/** What is measured: a metric of all rows, of a slice, or its disparity between groups. */
export type Measurand = Pick<Criterion, 'metric' | 'slice' | 'disparity'>;

/** The metric as people call it: `accuracy[region=eu]`, `max difference of recall over region`. */
export function metricLabel({ metric, slice, disparity }: Measurand): string {
  if (disparity)
    return `${disparity.kind === 'ratio' ? 'min' : 'max'} ${disparity.kind} of ${metric} over ${disparity.over}`;
  return slice.length === 0 ? metric : `${metric}[${slice.map(({ key, value }) => `${key}=${value}`).join(', ')}]`;
}
