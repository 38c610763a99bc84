/** A value in an Azure Pipelines expression; objects are looked into without case. */
export type Value = string | number | boolean | null | Version | Moment | Value[] | { [key: string]: Value };

/** `1.2.3`: what an expression writes with two or three dots, and what is compared with it. */
export class Version {
  constructor(readonly parts: readonly number[]) {}

  /** Two to four whole numbers, as .NET reads them; undefined for anything else. */
  static parse(text: string): Version | undefined {
    const parts = text.trim().split('.');
    if (parts.length < 2 || parts.length > 4 || !parts.every((part) => /^\d+$/.test(part))) return undefined;
    const numbers = parts.map(Number);
    return numbers.every((part) => part <= 0x7fffffff) ? new Version(numbers) : undefined;
  }

  /** A part that is absent is less than 0: 1.2.3 comes before 1.2.3.0. */
  compareTo(other: Version): number {
    const differences = [0, 1, 2, 3].map((index) => (this.parts[index] ?? -1) - (other.parts[index] ?? -1));
    return differences.find((difference) => difference !== 0) ?? 0;
  }

  toString(): string {
    return this.parts.join('.');
  }
}

/** A point in time, such as `pipeline.startTime`; `format` can write it by a pattern. */
export class Moment {
  constructor(readonly date: Date) {}

  /** By the custom patterns of .NET, in UTC. */
  format(pattern: string): string {
    const { date } = this;
    const number = (value: number, width: number): string => String(value).padStart(width, '0');
    const fields: Record<string, (width: number) => string> = {
      y: (width) => (width <= 2 ? number(date.getUTCFullYear() % 100, width) : number(date.getUTCFullYear(), width)),
      M: (width) => number(date.getUTCMonth() + 1, width),
      d: (width) => number(date.getUTCDate(), width),
      H: (width) => number(date.getUTCHours(), width),
      h: (width) => number(date.getUTCHours() % 12 || 12, width),
      m: (width) => number(date.getUTCMinutes(), width),
      s: (width) => number(date.getUTCSeconds(), width),
      f: (width) => number(date.getUTCMilliseconds(), 3).padEnd(width, '0').slice(0, width),
      K: () => 'Z',
      z: () => '+00:00',
    };
    return pattern.replace(/([yMdHhmsfKz])\1*/g, (run) => fields[run[0]!]!(run.length));
  }

  toString(): string {
    return this.format('yyyy-MM-dd HH:mm:ssK');
  }
}

/** The items that `list.*` goes on with: a further `.name` takes that of each. */
export class FilteredArray extends Array<Value> {}

export function isTrue(value: Value): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'boolean') return value;
  return value !== null;
}

/** As an expression's result goes into text. */
export function textOf(value: Value): string {
  return castToText(value) ?? JSON.stringify(value);
}

/** Undefined for a list or mapping, which no cast turns into text. */
export function castToText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return '';
  // Without the sign of a negative zero.
  if (typeof value === 'number') return String(Number(value.toPrecision(15)) + 0);
  return value instanceof Version || value instanceof Moment ? value.toString() : undefined;
}

/** Undefined for what is not a number. */
export function castToNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null) return 0;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text === '') return 0;
  return /^[-+]?(\d[\d,]*\.?\d*|\.\d+)$/.test(text) ? Number(text.replaceAll(',', '')) : undefined;
}

function castToVersion(value: Value): Version | undefined {
  if (value instanceof Version) return value;
  if (typeof value === 'string') return Version.parse(value);
  return typeof value === 'number' ? Version.parse(textOf(value)) : undefined;
}

/** The right side takes the left side's type, and is not equal where it cannot; texts are compared without case. */
export function equal(left: Value, right: Value): boolean {
  if (typeof left === 'boolean') return left === isTrue(right);
  if (typeof left === 'number') return left === castToNumber(right);
  if (typeof left === 'string') return left.toUpperCase() === castToText(right)?.toUpperCase();
  if (left instanceof Version) return castToVersion(right)?.compareTo(left) === 0;
  if (left instanceof Moment) return textOf(left) === castToText(right);
  return left === right || (left === null && right === '');
}

/** Below, at or above zero. Throws where the right side cannot take the left side's type. */
export function compare(left: Value, right: Value): number {
  if (typeof left === 'boolean') return Number(left) - Number(isTrue(right));
  if (typeof left === 'string') {
    const [a, b] = [left.toUpperCase(), needed(castToText(right), right, 'text').toUpperCase()];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (left instanceof Version) return left.compareTo(needed(castToVersion(right), right, 'a version'));
  return needed(castToNumber(left), left, 'a number') - needed(castToNumber(right), right, 'a number');
}

export function needed<T>(cast: T | undefined, value: Value, type: string): T {
  if (cast === undefined) throw new Error(`Unable to convert ${describe(value)} to ${type}.`);
  return cast;
}

function describe(value: Value): string {
  if (Array.isArray(value)) return 'a list';
  const text = castToText(value);
  return text === undefined ? 'a mapping' : `'${text}'`;
}

/** What stands under a name or number; null if nothing does. */
export function lookUp(target: Value, key: Value): Value {
  if (target instanceof FilteredArray) {
    const found = target.map((item) => lookUp(item, key)).filter((item) => item !== null);
    return FilteredArray.from(found);
  }
  if (Array.isArray(target)) return target[castToNumber(key) ?? -1] ?? null;
  if (target === null || typeof target !== 'object' || target instanceof Version || target instanceof Moment)
    return null;
  const wanted = textOf(key).toLowerCase();
  const found = Object.keys(target).find((name) => name.toLowerCase() === wanted);
  return found === undefined ? null : target[found]!;
}

/** `.*`: all that a list or mapping holds. */
export function allOf(target: Value): Value {
  if (target instanceof FilteredArray) {
    const inner = target.flatMap((item) => allOf(item) as Value[]);
    return FilteredArray.from(inner);
  }
  if (target === null || typeof target !== 'object' || target instanceof Version || target instanceof Moment) {
    return new FilteredArray();
  }
  return FilteredArray.from(Array.isArray(target) ? target : Object.values(target));
}
