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

const shownNames = 10;
const shownLength = 80;

/**
 * Ends a sentence about a metric that is missing: what was logged in its place, those first that look like it, and for a
 * slice the slices of the same metric where there are any.
 */
export function loggedInstead(metrics: Metrics, { metric, slice }: Pick<Criterion, 'metric' | 'slice'>): string {
  const all = Object.keys(metrics).sort();
  if (all.length === 0)
    return `logged no metric. Log it where it is measured, as by mlflow.log_metric("${metric}", value), or name a metricsFile.`;
  const isSlice = (name: string) => name.startsWith(metric) && /^[[/._]/.test(name.slice(metric.length));
  const slices = slice.length > 0 ? all.filter(isSlice) : [];
  const words = (name: string) => name.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const wanted = new Set(words(metric));
  const alike = (name: string) => words(name).some((word) => wanted.has(word));
  const names = slices.length > 0 ? slices : [...all.filter(alike), ...all.filter((name) => !alike(name))];
  const shown = names
    .slice(0, shownNames)
    .map((name) => (name.length > shownLength ? `${name.slice(0, shownLength - 1)}…` : name));
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  const how = slice.length > 0 ? ` A slice is logged as e.g. ${namesOf({ metric, slice }).at(-2)}.` : '';
  return `logged ${slices.length > 0 ? 'these slices' : 'these metrics'}: ${shown.join(', ')}${more}.${how}`;
}
