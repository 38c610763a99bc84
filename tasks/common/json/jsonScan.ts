/** Arrays and objects within one another: more than any real request or answer has, and few enough for every walk over them. */
export const deepestJson = 1_000;

/** JSON that is nested too deeply to be read. RFC 8259, section 9, lets a reader set such a limit. */
export class JsonTooDeep extends Error {
  constructor() {
    super(`it is nested more than ${deepestJson} levels deep`);
  }
}

/** A piece of JSON text: where it begins, where it has ended, and how many arrays and objects it stands in. */
export interface JsonToken {
  readonly kind: 'string' | 'number' | 'open' | 'close' | 'comma' | 'word';
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/**
 * Goes through the tokens of a JSON text, in time and memory that its nesting does not change. It checks no grammar:
 * JSON.parse does.
 * @throws JsonTooDeep
 */
export function scanJson(text: string, visit: (token: JsonToken) => void): void {
  let depth = 0;
  for (let start = 0; start < text.length;) {
    const character = text[start]!;
    let end = start + 1;
    if (character === '"') {
      end = endOfString(text, start);
      visit({ kind: 'string', start, end, depth });
    } else if (character === '[' || character === '{') {
      if (depth === deepestJson) throw new JsonTooDeep();
      visit({ kind: 'open', start, end, depth: depth++ });
    } else if (character === ']' || character === '}') visit({ kind: 'close', start, end, depth: --depth });
    else if (character === ',') visit({ kind: 'comma', start, end, depth });
    else if (isOfWord(text.charCodeAt(start))) {
      while (end < text.length && isOfWord(text.charCodeAt(end))) end++;
      visit({ kind: /[-\d]/.test(character) ? 'number' : 'word', start, end, depth });
    }
    start = end;
  }
}

/** Of a number, true, false or null: letters, digits, + - and the point. */
function isOfWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x2b && code <= 0x2e && code !== 0x2c)
  );
}

/** The place after the quotation mark that ends the string: one that an even number of backslashes precedes. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslash = quote - 1;
    while (text[backslash] === '\\') backslash--;
    if ((quote - backslash) % 2 === 1) return quote + 1;
  }
  return text.length;
}

/** The texts of an array's elements, as they are written. @param text valid JSON of an array */
export function elementTexts(text: string): string[] {
  return children(text).map(({ start, end }) => text.slice(start, end));
}

/** The texts of an object's values by their names, as they are written; of a name that stands twice, the last. @param text valid JSON of an object */
export function memberTexts(text: string): Map<string, string> {
  return new Map(
    children(text).map(({ name, start, end }) => [
      JSON.parse(text.slice(name!.start, name!.end)) as string,
      text.slice(start, end),
    ]),
  );
}

interface Child {
  name?: JsonToken;
  start: number;
  end: number;
}

/** Where the values of the outermost array or object stand, with the token that names each in an object. */
function children(text: string): Child[] {
  const isObject = text.trimStart().startsWith('{');
  const found: Child[] = [];
  let current: Partial<Child> = {};
  scanJson(text, (token) => {
    const { kind, start, end, depth } = token;
    const endsParent = kind === 'close' && depth === 0;
    if (depth === 0 && !endsParent) return;
    if (endsParent || (kind === 'comma' && depth === 1)) {
      if (current.start !== undefined) found.push(current as Child);
      current = {};
    } else if (isObject && !current.name) current.name = token;
    else {
      current.start ??= start;
      current.end = end;
    }
  });
  return found;
}
