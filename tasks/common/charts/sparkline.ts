const levels = '▁▂▃▄▅▆▇█';

/**
 * A row of Unicode blocks, one a value, from the lowest to the highest. It shows wherever text shows: Azure DevOps'
 * Markdown summaries take no inline SVG and no data URLs. A value that is missing or not finite is a dot.
 */
export function sparkline(values: readonly (number | undefined)[]): string {
  const finite = values.filter((value): value is number => Number.isFinite(value));
  const [lowest, highest] = [Math.min(...finite), Math.max(...finite)];
  return values
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) return '·';
      if (highest === lowest) return levels[3];
      return levels[Math.round(((value - lowest) / (highest - lowest)) * (levels.length - 1))];
    })
    .join('');
}
