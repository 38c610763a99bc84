import type { YamlPath } from './yamlSource';

/** Takes note of a problem at a place. */
export type Note = (at: YamlPath, problem: string) => void;
/** Checks a value and notes what is wrong with it. */
export type Shape = (value: unknown, at: YamlPath, note: Note) => void;

export const anything: Shape = () => {};

export const text: Shape = (value, at, note) => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    note(at, `it must be a text, not ${kindOf(value)}.`);
  } else if (value === '') note(at, 'it is empty.');
};

export const flag: Shape = (value, at, note) => {
  if (typeof value !== 'boolean') note(at, `it must be true or false, not ${shown(value)}.`);
};

export function number(limits: { min?: number; max?: number; integer?: boolean } = {}): Shape {
  const { min = -Infinity, max = Infinity, integer = false } = limits;
  return (value, at, note) => {
    if (typeof value === 'number' && (!integer || Number.isInteger(value)) && value >= min && value <= max) return;
    const kind = integer ? 'a whole number' : 'a number';
    const range = min > -Infinity ? ` of at least ${min}` : '';
    note(at, `it must be ${kind}${range}${max < Infinity ? `, at most ${max}` : ''}, not ${shown(value)}.`);
  };
}

export function oneOf(...allowed: string[]): Shape {
  return (value, at, note) => {
    if (allowed.some((each) => each === value)) return;
    note(at, `${shown(value)} is not one of ${allowed.join(', ')}.${hint(String(value), allowed)}`);
  };
}

export function listOf(item: Shape): Shape {
  return (value, at, note) => {
    if (!Array.isArray(value)) return note(at, `it must be a list, not ${kindOf(value)}.`);
    value.forEach((each, index) => item(each, [...at, index], note));
  };
}

/**
 * A mapping whose keys are free, e.g. inputs.
 * @param names which keys may be, where not all may
 */
export function mapOf(item: Shape, names?: NameRule): Shape {
  return (value, at, note) => {
    if (!isMapping(value)) return note(at, `it must be a mapping of names to values, not ${kindOf(value)}.`);
    for (const [key, each] of Object.entries(value)) {
      if (names && !names.test.test(key)) note([...at, key], `the name ${names.says}.`);
      item(each, [...at, key], note);
    }
  };
}

/** What names may look like: `says` follows "the name", e.g. "must begin with a letter". */
export interface NameRule {
  readonly test: RegExp;
  readonly says: string;
}

/** A mapping whose keys are known. A key that is there without a value counts as left out. */
export function mapping(keys: Record<string, Shape>, required: readonly string[] = []): Shape {
  return (value, at, note) => {
    if (!isMapping(value)) return note(at, `it must be a mapping, not ${kindOf(value)}.`);
    for (const [key, each] of Object.entries(value)) {
      const shape = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (!shape) note([...at, key], `this key is not known here.${hint(key, Object.keys(keys))}`);
      else if (each !== null) shape(each, [...at, key], note);
    }
    for (const key of required) {
      if (value[key] === undefined || value[key] === null) note(at, `the key "${key}" is missing.`);
    }
  };
}

/** Chooses the shape by the value. */
export function either(choose: (value: unknown) => Shape): Shape {
  return (value, at, note) => choose(value)(value, at, note);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : shown(value);
}

function shown(value: unknown): string {
  return typeof value === 'object' ? kindOf(value) : `"${value as string | number | boolean}"`;
}

/** " Did you mean …?" where a known name is close. */
function hint(wrong: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(1, Math.floor(near.name.length / 3)) ? ` Did you mean ${near.name}?` : '';
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
