/** A linear axis: the round numbers at which it is marked, and where a value stands between its ends, 0 to 1. */
export interface Axis {
  readonly ticks: readonly number[];
  position(value: number): number;
}

/**
 * An axis over all finite values that begins and ends at round numbers (1, 2 or 5 times a power of ten apart).
 * @param wanted about how many marks
 */
export function linearAxis(values: readonly number[], wanted = 5): Axis {
  let [lowest, highest] = extent(values);
  if (lowest === highest) {
    const margin = Math.abs(lowest) * 0.1 || 1;
    [lowest, highest] = [lowest - margin, highest + margin];
  }
  const step = niceStep((highest - lowest) / wanted);
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.ceil(highest / step - 1e-9);
  // Multiplied, not summed up: 0.1 added thirty times is not 3.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  const [start, end] = [ticks[0]!, ticks.at(-1)!];
  return { ticks, position: (value) => (value - start) / (end - start) };
}

/** Lowest and highest of the finite values, [0, 0] if there is none. A loop: `Math.min(...values)` ends at some 100,000. */
export function extent(values: readonly number[]): [number, number] {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return lowest > highest ? [0, 0] : [lowest, highest];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}
