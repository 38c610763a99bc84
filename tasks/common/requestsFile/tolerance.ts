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
