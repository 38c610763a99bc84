import type { SliceTerm } from '../criteria/criterion';

/** The numbers of one report, each by the name that a criterion calls it without the tool's prefix: `drift.drift_score[column=age]`. */
export interface ReportValues {
  readonly values: ReadonlyMap<string, number>;
  /** Names under which the report has several, different values. */
  readonly ambiguous: ReadonlySet<string>;
}

/** More arrays and objects within one another than any report's values have. */
const deepest = 8;

/** Collects the numbers of a report. */
export class ValueCollector implements ReportValues {
  readonly values = new Map<string, number>();
  readonly ambiguous = new Set<string>();

  /** Takes a number, or what stands for one in these tools' JSON; anything else is passed over. */
  add(name: string, content: unknown): void {
    const value = numberOf(content);
    if (value === undefined || this.ambiguous.has(name)) return;
    if (this.values.has(name) && !Object.is(this.values.get(name), value)) {
      this.values.delete(name);
      this.ambiguous.add(name);
    } else this.values.set(name, value);
  }

  /** Takes the larger of several: what is bad in any place is bad. */
  addWorst(name: string, content: unknown): void {
    const value = numberOf(content);
    if (value !== undefined) this.values.set(name, Math.max(this.values.get(name) ?? -Infinity, value));
  }

  /**
   * Takes all numbers within objects, by the path to them.
   * @param nameOf the name of the value at a path
   */
  addTree(content: unknown, nameOf: (path: readonly string[]) => string, path: readonly string[] = []): void {
    if (numberOf(content) !== undefined) this.add(nameOf(path), content);
    else if (isObject(content) && path.length < deepest) {
      for (const [key, each] of Object.entries(content)) this.addTree(each, nameOf, [...path, key]);
    }
  }
}

/**
 * Booleans count as 1 and 0, null as NaN: a tool writes it where there was nothing to compute from. Python's NaN and infinities
 * come as words. NumPy's numbers come from Deepchecks with their type.
 */
export function numberOf(content: unknown): number | undefined {
  if (typeof content === 'number') return content;
  if (typeof content === 'boolean') return content ? 1 : 0;
  if (content === null || content === 'NaN') return NaN;
  if (content === 'Infinity') return Infinity;
  if (content === '-Infinity') return -Infinity;
  if (isObject(content) && typeof content.dtype === 'string' && 'value' in content) return numberOf(content.value);
  return undefined;
}

/** `name[column=age, expectation=…]` as a criterion's slice is looked for. */
export function withSlice(name: string, slice: readonly SliceTerm[]): string {
  return slice.length === 0 ? name : `${name}[${slice.map(({ key, value }) => `${key}=${value}`).join(',')}]`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects among the elements of what should be an array. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/**
 * The elements of what must be an array of objects: what is not understood is not passed over, as it may be what failed.
 * @throws Error that names the place
 */
export function allObjects(value: unknown, name: string): Record<string, unknown>[] {
  if (!Array.isArray(value)) throw new Error(`its ${name} are not a list`);
  const wrong = value.findIndex((each) => !isObject(each));
  if (wrong >= 0) throw new Error(`${name}[${wrong}] is not an object`);
  return value as Record<string, unknown>[];
}
