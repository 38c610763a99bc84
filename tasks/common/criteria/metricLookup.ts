import { metricLabel, type Criterion, type Measurand } from './criterion';
import { disparityOf, type Disparity } from './disparity';

export type Metrics = Readonly<Record<string, number>>;

/** What was found under a metric's name. */
export type Measured =
  /** Of a disparity also the values of the groups, for people. */
  | { readonly kind: 'value'; readonly value: number; readonly groups?: ReadonlyMap<string, number> }
  | { readonly kind: 'missing' }
  /** Two names for the same slice carry different values. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

/**
 * Finds a criterion's metric. MLflow allows neither brackets nor `=` in a metric's name, so that a slice is looked for
 * under each of these names: accuracy[region=eu], accuracy/region/eu, accuracy.region.eu, accuracy_region_eu.
 */
export function lookUp(metrics: Metrics, criterion: Measurand): Measured {
  if (criterion.disparity) return lookUpDisparity(metrics, criterion.metric, criterion.disparity);
  const logged = (names: readonly string[]) => names.filter((name) => Object.hasOwn(metrics, name));
  let found = logged(namesOf(criterion));
  if (found.length === 0) found = logged(sliceNamesOf(criterion));
  if (found.length === 0) return { kind: 'missing' };
  const value = metrics[found[0]!]!;
  if (found.some((name) => !Object.is(metrics[name], value))) return { kind: 'ambiguous', names: found };
  return { kind: 'value', value };
}

/**
 * Of the slices of the metric by that one column, under the names above. A value may hold the sign that joins, but no slice of two columns
 * is looked for, so that those of one more column (`recall_region_eu_sex_f`) count as groups of their own.
 */
function lookUpDisparity(metrics: Metrics, metric: string, { kind, over }: Disparity): Measured {
  const groups = new Map<string, number>();
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(metrics)) {
    const group = groupOf(name, metric, over);
    if (group === undefined) continue;
    if (groups.has(group) && !Object.is(groups.get(group), value)) {
      return { kind: 'ambiguous', names: [names.get(group)!, name] };
    }
    groups.set(group, value);
    names.set(group, name);
  }
  if (groups.size < 2) return { kind: 'missing' };
  return { kind: 'value', value: disparityOf(kind, [...groups.values()]), groups };
}

/** The group of that column whose value of the metric goes by this name; undefined where it is of none. */
export function groupOf(name: string, metric: string, column: string): string | undefined {
  const bracket = `${metric}[${column}=`;
  if (name.startsWith(bracket) && name.endsWith(']')) {
    const value = name.slice(bracket.length, -1);
    return value === '' || value.includes(',') ? undefined : value;
  }
  for (const sign of ['/', '.', '_']) {
    const prefix = [metric, column, ''].join(sign);
    if (name.startsWith(prefix) && name.length > prefix.length) return name.slice(prefix.length);
  }
  return undefined;
}

/** The number that was measured, or why there is none that could be judged. */
export function valueOf(measured: Measured): number | string {
  if (measured.kind === 'missing') return 'was not measured';
  if (measured.kind === 'ambiguous') return `has several, different values (${measured.names.join(', ')})`;
  if (Number.isNaN(measured.value)) return 'is NaN';
  if (!Number.isFinite(measured.value)) return 'is infinite';
  return measured.value;
}

/** The names under which the metric may have been logged. */
export function namesOf({ metric, slice }: Pick<Criterion, 'metric' | 'slice'>): string[] {
  if (slice.length === 0) return [metric];
  const compact = `${metric}[${slice.map(({ key, value }) => `${key}=${value}`).join(',')}]`;
  const joined = ['/', '.', '_'].map((sign) => [metric, ...slice.flatMap(({ key, value }) => [key, value])].join(sign));
  return [...new Set([compact, metricLabel({ metric, slice }), ...joined])];
}

/** A criterion may call the slice by one of those names itself: `rmse/clarity/IF` is logged as `rmse.clarity.IF` too. */
function sliceNamesOf({ metric, slice }: Pick<Criterion, 'metric' | 'slice'>): string[] {
  const [, whole, , key, value] = /^(.+?)([/.])([^/.]+)\2([^/.]+)$/.exec(metric) ?? [];
  return slice.length === 0 && whole && key && value ? namesOf({ metric: whole, slice: [{ key, value }] }) : [];
}

const shownNames = 10;
const shownLength = 80;

/**
 * Ends a sentence about a metric that is missing: what was logged in its place, those first that look like it, and for a
 * slice the slices of the same metric where there are any.
 */
export function loggedInstead(metrics: Metrics, { metric, slice, disparity }: Measurand): string {
  const all = Object.keys(metrics).sort();
  if (all.length === 0)
    return `logged no metric. Log it where it is measured, as by mlflow.log_metric("${metric}", value), or name a metricsFile.`;
  const isSlice = (name: string) => name.startsWith(metric) && /^[[/._]/.test(name.slice(metric.length));
  const ofSlices = slice.length > 0 || disparity !== undefined;
  const slices = ofSlices ? all.filter(isSlice) : [];
  const words = (name: string) => name.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const wanted = new Set(words(metric));
  const alike = (name: string) => words(name).some((word) => wanted.has(word));
  const names = slices.length > 0 ? slices : [...all.filter(alike), ...all.filter((name) => !alike(name))];
  const shown = names
    .slice(0, shownNames)
    .map((name) => (name.length > shownLength ? `${name.slice(0, shownLength - 1)}…` : name));
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  const example = disparity ? [{ key: disparity.over, value: 'a' }] : slice;
  const how = ofSlices ? ` A slice is logged as e.g. ${namesOf({ metric, slice: example }).at(-2)}.` : '';
  return `logged ${slices.length > 0 ? 'these slices' : 'these metrics'}: ${shown.join(', ')}${more}.${how}`;
}
