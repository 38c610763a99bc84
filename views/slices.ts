import type { MetricValue } from '../tasks/common/record/record';

/** One metric by the slices of one column, such as rmse by clarity. */
export interface SlicedMetric {
  /** `rmse by clarity` */
  name: string;
  metric: string;
  column: string;
  values: Array<[slice: string, value: MetricValue]>;
}

/**
 * Tells metrics of the whole data from those of its slices: `rmse.clarity.IF` is a slice where there is a metric `rmse` too,
 * as `rmse[clarity=IF]` in a criterion reads it.
 */
export function slicesOf(metrics: Readonly<Record<string, MetricValue>>): {
  whole: Record<string, MetricValue>;
  sliced: SlicedMetric[];
} {
  const whole: Record<string, MetricValue> = {};
  const sliced = new Map<string, SlicedMetric>();
  for (const [name, value] of Object.entries(metrics)) {
    const [, metric, column, slice] = /^([^.]+)\.([^.]+)\.(.+)$/.exec(name) ?? [];
    if (!metric || !column || !slice || !(metric in metrics)) {
      whole[name] = value;
      continue;
    }
    const title = `${metric} by ${column}`;
    const known = sliced.get(title) ?? { name: title, metric, column, values: [] };
    known.values.push([slice, value]);
    sliced.set(title, known);
  }
  return { whole, sliced: [...sliced.values()] };
}
