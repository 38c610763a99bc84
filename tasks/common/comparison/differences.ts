import { stringifyExact } from '../json/exactJson';
import { excerpt } from './excerpt';
import { isNumber, numberDifference } from './numbers';
import type { Tolerance } from '../requestsFile/tolerance';

/**
 * Compares a reply with what was expected, deeply. Types count: 5, "5" and true are three things, since a service that
 * changes them changes what the model sees.
 * @returns the first differences (at most `limit`), each with its place in the reply; an empty list if there is none
 */
export function differences(actual: unknown, expected: unknown, tolerance: Tolerance, limit = 5): string[] {
  const found: string[] = [];
  walk(actual, expected, '$', (difference) => {
    if (found.length < limit) found.push(difference);
  });
  return found;

  function walk(a: unknown, e: unknown, where: string, report: (difference: string) => void): void {
    if (isNumber(e) && isNumber(a)) {
      const difference = numberDifference(a, e, tolerance);
      if (difference !== undefined) report(`${where}: ${difference}`);
      return;
    }
    if (Array.isArray(e)) {
      if (!Array.isArray(a)) return report(`${where}: expected a list, got ${describe(a)}.`);
      if (a.length !== e.length) return report(`${where}: expected ${e.length} elements, got ${a.length}.`);
      e.forEach((each, index) => walk(a[index], each, `${where}[${index}]`, report));
      return;
    }
    if (isObject(e)) {
      if (!isObject(a)) {
        return report(`${where}: expected an object, got ${describe(a)}.`);
      }
      for (const key of Object.keys(e)) {
        if (!Object.hasOwn(a, key)) report(`${where}.${key}: it is missing.`);
        else walk(a[key], e[key], `${where}.${key}`, report);
      }
      for (const key of Object.keys(a))
        if (!Object.hasOwn(e, key)) report(`${where}.${excerpt(key)}: it was not expected.`);
      return;
    }
    if (a !== e) report(`${where}: expected ${describe(e)}, got ${describe(a)}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !isNumber(value);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const kind = value === null ? 'null' : Array.isArray(value) ? 'list' : isNumber(value) ? 'number' : typeof value;
  return `${excerpt(stringifyExact(value))} (${kind})`;
}
