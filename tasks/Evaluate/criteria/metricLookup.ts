import { metricLabel, type Criterion } from './criterion';

export type Metrics = Readonly<Record<string, number>>;

/** What was found under a metric's name. */
export type Measured =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'missing' }
  /** Two names for the same slice carry different values. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

/**
 * Finds a criterion's metric. MLflow allows neither brackets nor `=` in a metric's name, so that a slice is looked for
 * under each of these names: accuracy[region=eu], accuracy/region/eu, accuracy.region.eu, accuracy_region_eu.
 */
export function lookUp(metrics: Metrics, criterion: Pick<Criterion, 'metric' | 'slice'>): Measured {
  const found = namesOf(criterion).filter((name) => Object.hasOwn(metrics, name));
  if (found.length === 0) return { kind: 'missing' };
  const value = metrics[found[0]!]!;
  if (found.some((name) => !Object.is(metrics[name], value))) return { kind: 'ambiguous', names: found };
  return { kind: 'value', value };
}

/** The names under which the metric may have been logged. */
export function namesOf({ metric, slice }: Pick<Criterion, 'metric' | 'slice'>): string[] {
  if (slice.length === 0) return [metric];
  const compact = `${metric}[${slice.map(({ key, value }) => `${key}=${value}`).join(',')}]`;
  const joined = ['/', '.', '_'].map((sign) => [metric, ...slice.flatMap(({ key, value }) => [key, value])].join(sign));
  return [...new Set([compact, metricLabel({ metric, slice }), ...joined])];
}
