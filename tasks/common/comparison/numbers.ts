import { formatNumber } from '../formatNumber';
import { canonicalNumber, decimalOf, ExactNumber, isLargeInteger, type Decimal } from '../json/exactJson';
import type { Tolerance } from '../requestsFile/tolerance';
import { excerpt } from './excerpt';

/** A number as parseExact gives it. */
export type JsonNumber = number | ExactNumber;

export function isNumber(value: unknown): value is JsonNumber {
  return typeof value === 'number' || value instanceof ExactNumber;
}

/**
 * How an answered number differs from the expected one; undefined where it is within the tolerance. No digit is lost
 * on the way: what a JavaScript number cannot hold is computed as the decimals that the texts have.
 *
 * Whole numbers beyond 2^53 are not measurements but names, and have to be the same digit by digit, unless the request
 * brings a tolerance of its own.
 */
export function numberDifference(actual: JsonNumber, expected: JsonNumber, tolerance: Tolerance): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(expected);
    const difference = Math.abs(actual - expected);
    return difference <= allowed ? undefined : said(actual, expected, formatNumber(difference), formatNumber(allowed));
  }
  const [a, e] = [String(actual), String(expected)];
  if (canonicalNumber(a) === canonicalNumber(e)) return undefined;
  if (isLargeInteger(a) && isLargeInteger(e) && !tolerance.ofRequest)
    return `expected ${excerpt(e)}, got ${excerpt(a)} (whole numbers of that size must be the same).`;
  const [left, right, absolute, relative] = [a, e, String(tolerance.absolute), String(tolerance.relative)].map(
    decimalOf,
  );
  if (!left || !right) return `expected ${excerpt(e)}, got ${excerpt(a)}.`;
  const difference = positive(sum(left, { ...right, digits: -right.digits }));
  const allowed = sum(absolute!, product(relative!, positive(right)));
  if (sum(allowed, { ...difference, digits: -difference.digits }).digits >= 0n) return undefined;
  return said(excerpt(a), excerpt(e), shown(difference), shown(allowed));
}

function said(actual: number | string, expected: number | string, difference: string, allowed: string): string {
  return `expected ${expected}, got ${actual} (differs by ${difference}, allowed ${allowed}).`;
}

function sum(one: Decimal, other: Decimal): Decimal {
  const exponent = Math.min(one.exponent, other.exponent);
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent);
  return { digits: scaled(one) + scaled(other), exponent };
}

function product(one: Decimal, other: Decimal): Decimal {
  return { digits: one.digits * other.digits, exponent: one.exponent + other.exponent };
}

function positive({ digits, exponent }: Decimal): Decimal {
  return { digits: digits < 0n ? -digits : digits, exponent };
}

function shown({ digits, exponent }: Decimal): string {
  return formatNumber(Number(`${digits}e${exponent}`));
}
