import { formatNumber } from '../common/formatNumber';
import type { Tolerance } from './requestCases';

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

/**
 * Finds what a reply of a success status hides: error text, JSON inside a JSON text, NaN.
 * @returns one sentence each
 */
export function hiddenFaults(text: string, json: unknown): string[] {
  if (json === undefined) {
    if (/^\s*[[{].*\b(NaN|-?Infinity)\b/s.test(text)) return ['The reply holds NaN or Infinity, which is not JSON.'];
    return looksLikeError(text) ? [`The reply has a success status but is error text: ${excerpt(text)}`] : [];
  }
  if (typeof json === 'string') {
    if (/^\s*[[{]/.test(json) && parses(json)) {
      return [
        'The reply is encoded twice: a JSON text that holds JSON. The scoring script must return the value, not json.dumps of it.',
      ];
    }
    return looksLikeError(json) ? [`The reply has a success status but is error text: ${excerpt(json)}`] : [];
  }
  if (json !== null && typeof json === 'object' && !Array.isArray(json)) {
    const key = Object.keys(json).find((each) => /^(error|errors|exception|traceback)$/i.test(each));
    const value = key && (json as Record<string, unknown>)[key];
    if (
      value !== undefined &&
      value !== null &&
      value !== '' &&
      value !== false &&
      !(Array.isArray(value) && value.length === 0)
    ) {
      return [`The reply has a success status but its "${key}" says: ${excerpt(JSON.stringify(value))}`];
    }
  }
  const notNumber = findNotNumber(json, '$');
  return notNumber ? [`The reply holds ${notNumber}.`] : [];
}

function findNotNumber(value: unknown, where: string): string | undefined {
  if (typeof value === 'string') return /^(nan|[-+]?inf(inity)?)$/i.test(value) ? `"${value}" at ${where}` : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, each] of Object.entries(value)) {
    const found = findNotNumber(each, Array.isArray(value) ? `${where}[${key}]` : `${where}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function looksLikeError(text: string): boolean {
  return /^\s*(Traceback \(most recent call last\)|[A-Za-z_.]*(Error|Exception)\b|An? (unexpected )?(error|exception) |could not convert|.*\bobject (has no attribute|is not)\b)/i.test(
    text,
  );
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return `${JSON.stringify(value).slice(0, 120)} (${value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value})`;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
