import type { MetricValue } from '../tasks/common/record/record';

/** A metric in four significant digits, large ones with all digits before the point. */
export function metric(value: MetricValue | null | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return '–';
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 4 };
  return new Intl.NumberFormat('en-US', digits).format(value);
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
