import type { MetricValue } from '../tasks/common/record/record';

/** One metric by the slices of one column, such as rmse by clarity. */
export interface SlicedMetric {
  /** `rmse by clarity` */
  name: string;
  metric: string;
  column: string;
  values: Array<[slice: string, value: MetricValue]>;
}

interface Slice {
  readonly metric: string;
  /** Of several columns all, `a, b`, and so of their values. */
  readonly column: string;
  readonly value: string;
}

/** The metrics by which the model was judged, or else those that training logged. */
export function metricsOf({ evaluation, training }: Judged): Metrics {
  return slicesOf(evaluation?.metrics ?? training?.metrics ?? {}, evaluation?.criteria);
}

interface Judged {
  readonly evaluation?: { metrics: Record<string, MetricValue>; criteria: ReadonlyArray<{ metric: string }> };
  readonly training?: { metrics: Record<string, MetricValue> };
}

interface Metrics {
  whole: Record<string, MetricValue>;
  sliced: SlicedMetric[];
}

/**
 * Tells metrics of the whole data from those of its slices. A slice of `rmse` goes by the names under which a criterion looks for
 * `rmse[clarity=IF]`: that, and where there is a metric `rmse` too `rmse/clarity/IF`, `rmse.clarity.IF`, and `rmse_clarity_IF` where a
 * criterion names the column, since most of what is joined like that is not one.
 * @param criteria what criteria are about: `rmse[clarity=IF]`, `max difference of recall over region`
 */
export function slicesOf(
  metrics: Readonly<Record<string, MetricValue>>,
  criteria: ReadonlyArray<{ readonly metric: string }> = [],
): Metrics {
  const columns = [...new Set(criteria.flatMap(({ metric }) => columnsIn(metric)))];
  const slices = new Map<string, Slice>();
  const isWhole = (name: string) => Object.hasOwn(metrics, name) && !slices.has(name);
  // What a name is a slice of is shorter than itself.
  for (const name of Object.keys(metrics).sort((a, b) => a.length - b.length)) {
    const slice = inBrackets(name) ?? joined(name, isWhole) ?? joinedBy(columns, name, isWhole);
    if (slice) slices.set(name, slice);
  }
  const whole: Array<[string, MetricValue]> = [];
  const sliced = new Map<string, SlicedMetric>();
  for (const [name, value] of Object.entries(metrics)) {
    const slice = slices.get(name);
    if (!slice) {
      whole.push([name, value]);
      continue;
    }
    const { metric, column } = slice;
    const title = `${metric} by ${column}`;
    const known = sliced.get(title) ?? { name: title, metric, column, values: [] };
    known.values.push([slice.value, value]);
    sliced.set(title, known);
  }
  return { whole: Object.fromEntries(whole), sliced: [...sliced.values()] };
}

function columnsIn(criterion: string): string[] {
  const [, over] = / over (.+)$/.exec(criterion) ?? [];
  return over ? [over] : (inBrackets(criterion)?.column.split(', ') ?? []);
}

function inBrackets(name: string): Slice | undefined {
  const [, metric, inner] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
  const terms = (inner ?? '').split(',').map((term) => /^\s*([^=]+)=(.+)$/.exec(term));
  if (!metric || terms.some((term) => !term)) return undefined;
  const all = (part: 1 | 2) => terms.map((term) => term![part]!.trim()).join(', ');
  return { metric, column: all(1), value: all(2) };
}

/** The longest metric that it begins with, its column, and the rest, which may have the sign too. */
function joined(name: string, isWhole: (name: string) => boolean): Slice | undefined {
  for (const sign of ['/', '.']) {
    for (let end = name.lastIndexOf(sign); end > 0; end = name.lastIndexOf(sign, end - 1)) {
      const metric = name.slice(0, end);
      const [column = '', ...rest] = name.slice(end + 1).split(sign);
      const value = rest.join(sign);
      if (column !== '' && value !== '' && isWhole(metric)) return { metric, column, value };
    }
  }
  return undefined;
}

function joinedBy(columns: readonly string[], name: string, isWhole: (name: string) => boolean): Slice | undefined {
  for (const column of columns) {
    const end = name.indexOf(`_${column}_`);
    const [metric, value] = [name.slice(0, Math.max(0, end)), name.slice(end + column.length + 2)];
    if (value !== '' && isWhole(metric)) return { metric, column, value };
  }
  return undefined;
}
