/** How far a number may be from the expected one: |actual − expected| ≤ absolute + relative × |expected|, the rule of numpy.allclose. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
  /** Whether a request brings it, and not the task's input. */
  readonly ofRequest?: boolean;
}

/** Reads a tolerance: a number for both bounds, or {absolute?, relative?}. */
export function toTolerance(value: unknown): Tolerance | undefined {
  const isBound = (each: unknown): each is number => typeof each === 'number' && Number.isFinite(each) && each >= 0;
  if (isBound(value)) return { absolute: value, relative: value };
  if (value === null || typeof value !== 'object') return undefined;
  const { absolute = 0, relative = 0, ...others } = value as Record<string, unknown>;
  return isBound(absolute) && isBound(relative) && Object.keys(others).length === 0
    ? { absolute, relative }
    : undefined;
}

/** Reads the text of an input: `1e-6` for both bounds, or `absolute=1e-6, relative=1e-3`. */
export function parseTolerance(text: string): Tolerance | undefined {
  const entries = text.split(',').map((part) => part.split('=').map((each) => each.trim()));
  const value = entries.every((entry) => entry.length === 2)
    ? Object.fromEntries(entries.map(([name, number]) => [name!, number === '' ? NaN : Number(number)]))
    : Number(text);
  return toTolerance(value);
}

/** What is wrong with a text that parseTolerance cannot read. */
export function toleranceProblem(text: string): string {
  return `"${text}" is neither a number of at least 0 nor of the form absolute=1e-6, relative=1e-3.`;
}
