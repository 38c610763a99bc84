import { randomBytes } from 'node:crypto';
import { scanJson } from './jsonScan';

/** A number of a JSON text whose value or spelling a JavaScript number would lose. */
export class ExactNumber {
  // Private, so that what walks over a value finds nothing within it.
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** As the JSON text has it. */
  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return mark().text + this.#text;
  }
}

interface Mark {
  /** Begins a string that stands for a number while JSON.parse or JSON.stringify is at work; nobody outside can write it. */
  readonly text: string;
  readonly inJson: RegExp;
}

let made: Mark | undefined;

/** Made when it is first needed: a task that only reads its inputs should not have to load Node's encryption for it. */
function mark(): Mark {
  if (made) return made;
  const text = `\u0000${randomBytes(12).toString('hex')}:`;
  const inJson = new RegExp(`"${JSON.stringify(text).slice(1, -1).replaceAll('\\', '\\\\')}([^"]*)"`, 'g');
  return (made = { text, inJson });
}

/**
 * As JSON.parse, but a number comes as an ExactNumber where a JavaScript number would not keep it.
 * @param keep which numbers come so: those that would lose digits, or all, so that stringifyExact writes them as they were
 * @throws JsonTooDeep, and what JSON.parse throws
 */
export function parseExact(text: string, keep: 'lossy' | 'all' = 'lossy'): unknown {
  const parts: string[] = [];
  let copied = 0;
  scanJson(text, ({ kind, start, end }) => {
    const token = kind === 'number' ? text.slice(start, end) : '';
    if (kind !== 'number' || (keep === 'lossy' && isKept(token))) return;
    parts.push(text.slice(copied, start), JSON.stringify(mark().text + token));
    copied = end;
  });
  // The text as it is decides what is JSON: with its marks, "01" would be.
  const value: unknown = JSON.parse(text);
  if (parts.length === 0) return value;
  return JSON.parse(parts.join('') + text.slice(copied), (_key, each: unknown) =>
    typeof each === 'string' && each.startsWith(mark().text) ? new ExactNumber(each.slice(mark().text.length)) : each,
  );
}

/** As JSON.stringify, with every ExactNumber as it was written. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value).replace(mark().inJson, '$1');
}

/** A decimal number without loss: digits × 10^exponent. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** More digits than any service computes with, and few enough for arithmetic to take no time. */
const mostDigits = 2_000;

/** The number that a text is; undefined where it has too many digits, or too large an exponent, to be computed with. */
export function decimalOf(text: string): Decimal | undefined {
  const { sign, digits, exponent } = partsOf(text);
  if (digits.length > mostDigits || !(Math.abs(exponent) <= mostDigits)) return undefined;
  return { digits: BigInt(`${sign}${digits || '0'}`), exponent: digits === '' ? 0 : exponent };
}

/** One text for each number, however it is written: 1, 1.0 and 10e-1 are one. */
export function canonicalNumber(text: string): string {
  const { sign, digits, exponent } = partsOf(text);
  return digits === '' ? '0' : `${sign}${digits}e${exponent}`;
}

/** Whether a text is a whole number beyond those that a JavaScript number can tell apart. */
export function isLargeInteger(text: string): boolean {
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text));
}

function isKept(text: string): boolean {
  const value = Number(text);
  if (String(value) === text) return !isLargeInteger(text);
  return Number.isFinite(value) && !isLargeInteger(text) && canonicalNumber(text) === canonicalNumber(String(value));
}

function partsOf(text: string): { sign: string; digits: string; exponent: number } {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const leading = (whole + fraction).replace(/^0+/, '');
  let length = leading.length;
  while (length > 0 && leading[length - 1] === '0') length--;
  return {
    sign,
    digits: leading.slice(0, length),
    exponent: Number(power) - fraction.length + leading.length - length,
  };
}
