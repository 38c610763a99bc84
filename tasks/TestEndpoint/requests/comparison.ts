import { formatNumber } from '../../common/formatNumber';
import { excerpt } from './excerpt';
import type { Tolerance } from './tolerance';

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
    if (typeof e === 'number' && typeof a === 'number') {
      const allowed = tolerance.absolute + tolerance.relative * Math.abs(e);
      if (!(Math.abs(a - e) <= allowed)) {
        report(
          `${where}: expected ${e}, got ${a} (differs by ${formatNumber(Math.abs(a - e))}, allowed ${formatNumber(allowed)}).`,
        );
      }
      return;
    }
    if (Array.isArray(e)) {
      if (!Array.isArray(a)) return report(`${where}: expected a list, got ${describe(a)}.`);
      if (a.length !== e.length) return report(`${where}: expected ${e.length} elements, got ${a.length}.`);
      e.forEach((each, index) => walk(a[index], each, `${where}[${index}]`, report));
      return;
    }
    if (e !== null && typeof e === 'object') {
      if (a === null || typeof a !== 'object' || Array.isArray(a)) {
        return report(`${where}: expected an object, got ${describe(a)}.`);
      }
      const answered = a as Record<string, unknown>;
      const wanted = e as Record<string, unknown>;
      for (const key of Object.keys(wanted)) {
        if (!Object.hasOwn(answered, key)) report(`${where}.${key}: it is missing.`);
        else walk(answered[key], wanted[key], `${where}.${key}`, report);
      }
      for (const key of Object.keys(answered))
        if (!Object.hasOwn(wanted, key)) report(`${where}.${key}: it was not expected.`);
      return;
    }
    if (a !== e) report(`${where}: expected ${describe(e)}, got ${describe(a)}.`);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return `${excerpt(JSON.stringify(value))} (${value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value})`;
}
