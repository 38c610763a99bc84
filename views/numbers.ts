import type { MetricValue } from '../tasks/common/record/record';

const large = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

/** A metric in four significant digits, large ones with all digits before the point. */
export function metric(value: MetricValue | null | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return '–';
  return (Math.abs(value) >= 1000 ? large : small).format(value);
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
