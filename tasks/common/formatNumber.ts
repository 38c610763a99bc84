/**
 * A measurement as people read it: six significant digits at most, no trailing zeros, plain notation between a
 * hundred-thousandth and ten million. NaN and infinities are said as such.
 */
export function formatNumber(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size < 1e-5 || size >= 1e7)
    return trim(rounded.toExponential(digits - 1))
      .replace('-', '−')
      .replace('e-', 'e−');
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return trim(rounded.toFixed(Math.min(decimals, 12))).replace('-', '−');
}

/** As formatNumber, with a plus sign where it is above zero. */
export function formatDifference(value: number, digits?: number): string {
  return value > 0 ? `+${formatNumber(value, digits)}` : formatNumber(value, digits);
}

function trim(text: string): string {
  return text
    .replace(/(\.\d*?)0+($|e)/, '$1$2')
    .replace(/\.($|e)/, '$1')
    .replace('e+', 'e');
}
