import { canBeHidden, shortestHidden } from './hiddenText';
import { Secret } from './secret';

/** A pattern of more characters than these could overflow the stack of the regular expressions' compiler. */
const longestPiece = 200;

/** Long base64 is broken into lines, in JSON as \n. */
const lineBreak = '(?:\\s|\\\\[rn])*';

/**
 * What a task knows and nobody may see. Others may send it back, in an error text for one, and encoded: in a URL, in
 * JSON, in HTML, in base64, in hexadecimal. The agent masks its log, but not the files that it uploads: test results,
 * summaries, records, the log of a build.
 */
export class Secrets {
  /** What is to be registered with the agent. */
  readonly values: readonly Secret[];
  private patterns?: readonly SecretPatterns[];

  constructor(values: Iterable<string>) {
    // A value of several lines comes back line by line.
    const lines = [...values].flatMap((each) => [each, ...each.split(/\r?\n/)]);
    this.values = [...new Set(lines)].filter(canBeHidden).map((each) => new Secret(each));
  }

  /** The text with *** in place of every secret, and of the start of one where an ellipsis says that the text was cut. */
  hide(text: string): string {
    this.patterns ??= this.values
      .map((each) => each.reveal())
      .sort((a, b) => b.length - a.length)
      .flatMap(patternsOf);
    let shown = text;
    for (const patterns of this.patterns) {
      if (shown.search(patterns.start) === -1) continue;
      shown = replaceWhole(shown, patterns.whole());
      if (shown.includes('…')) shown = replaceCut(shown, patterns);
    }
    return shown;
  }
}

/**
 * A secret in one encoding, each character in all the spellings that it may have. The patterns of a long one, such as a token of Entra,
 * take a processor longer than a request does: they are made only for a text in which its start stands.
 */
interface SecretPatterns {
  /** Where it begins. */
  readonly start: RegExp;
  /** All of it. */
  readonly whole: () => PieceByPiece;
  /** What a cut may have left of each piece, with the ellipsis that follows it. */
  readonly cutPieces: () => readonly RegExp[];
}

/** What stands one piece right after the other: where it begins, and what must follow there. */
interface PieceByPiece {
  readonly first: RegExp;
  readonly pieces: readonly RegExp[];
}

function patternsOf(text: string): SecretPatterns[] {
  const bytes = Buffer.from(text);
  return [
    patternsIn([...text], spellingsOf),
    patternsIn([...bytes.toString('hex')], anyCase),
    ...[0, 1, 2].map((offset) =>
      patternsIn(
        [...base64Core(bytes, offset)],
        (each, index) => `${index === 0 ? '' : lineBreak}${spellingsOfBase64(each)}`,
      ),
    ),
  ];
}

function patternsIn(encoded: string[], spellings: (character: string, index: number) => string): SecretPatterns {
  const pieces = once(() => {
    const characters = encoded.map(spellings);
    const count = Math.ceil(characters.length / longestPiece);
    return Array.from({ length: count }, (_, at) => characters.slice(at * longestPiece, (at + 1) * longestPiece));
  });
  return {
    start: new RegExp(encoded.slice(0, shortestHidden).map(spellings).join(''), 'g'),
    whole: once(() => ({
      first: new RegExp(pieces()[0]!.join(''), 'g'),
      pieces: pieces().map((piece) => new RegExp(piece.join(''), 'y')),
    })),
    cutPieces: once(() =>
      pieces().map((piece) => {
        const optional = piece.reduceRight((rest, each) => `(?:${each}${rest})?`, '');
        return new RegExp(`${optional}…`, 'y');
      }),
    ),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Where the pieces that follow one another from there end; undefined where one does not follow. */
function endOf(pieces: readonly RegExp[], text: string, from: number): number | undefined {
  let end = from;
  for (const piece of pieces) {
    piece.lastIndex = end;
    if (!piece.test(text)) return undefined;
    end = piece.lastIndex;
  }
  return end;
}

/** The text with *** for each place in which all of the secret stands. */
function replaceWhole(text: string, { first, pieces }: PieceByPiece): string {
  return replaceFound(text, first, (from) => endOf(pieces, text, from));
}

/** The text with *** for each start of the secret that an ellipsis follows. */
function replaceCut(text: string, { start, whole, cutPieces }: SecretPatterns): string {
  return replaceFound(text, start, (from) => {
    for (const [index, cut] of cutPieces().entries()) {
      const before = endOf(whole().pieces.slice(0, index), text, from);
      const end = before === undefined ? undefined : endOf([cut], text, before);
      if (end !== undefined) return end - 1;
    }
    return undefined;
  });
}

/** @param endFrom where it ends what was found to begin there, or undefined where it is something else */
function replaceFound(text: string, start: RegExp, endFrom: (from: number) => number | undefined): string {
  let shown = '';
  let from = 0;
  for (const { index } of text.matchAll(start)) {
    const end = index < from ? undefined : endFrom(index);
    if (end === undefined) continue;
    shown += `${text.slice(from, index)}***`;
    from = end;
  }
  return shown + text.slice(from);
}

/**
 * What stands in base64 for the bytes wherever they begin within what was encoded: without the characters at both ends,
 * which depend on what stands beside them.
 */
function base64Core(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const isShared = (offset + bytes.length) % 3 !== 0;
  return encoded.slice([0, 2, 3][offset], isShared ? -1 : undefined);
}

const named: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** A character as it is, in a URL (encoded once or twice), in JSON, in a string literal and in HTML. */
function spellingsOf(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = [...code.toString(16)].map(anyCase).join('');
  const utf16 = [...character].length === character.length ? [character] : [character[0]!, character[1]!];
  const spellings = [
    escaped(character),
    percentOf(Buffer.from(character)),
    utf16
      .map((unit) => `\\\\+u${[...unit.charCodeAt(0).toString(16).padStart(4, '0')].map(anyCase).join('')}`)
      .join(''),
    `\\\\+u\\{0*${hex}\\}`,
    `&#0*${code};`,
    `&#[xX]0*${hex};`,
  ];
  const inHex = (bytes: Uint8Array, before: string) =>
    [...bytes].map((byte) => before + [...byte.toString(16).padStart(2, '0')].map(anyCase).join('')).join('');
  // Python's repr of text, and of bytes.
  if (code < 0x100) spellings.push(inHex(Uint8Array.of(code), '\\\\+x'));
  if (code >= 0x80) spellings.push(inHex(Buffer.from(character), '\\\\+x'));
  if (character in named) spellings.push(`&${named[character]};`);
  if (character === ' ') spellings.push('\\+');
  // Within a string literal, and that within another one.
  if (/["'/\\]/.test(character)) spellings.push(`\\\\+${escaped(character)}`);
  return `(?:${spellings.join('|')})`;
}

function spellingsOfBase64(character: string): string {
  if (character === '+') return `(?:\\+|-|${percentOf(Buffer.from('+'))}|\\\\+u002[bB]|&#43;|&#[xX]2[bB];)`;
  if (character === '/') return `(?:\\\\*/|_|${percentOf(Buffer.from('/'))}|\\\\+u002[fF]|&#47;|&#[xX]2[fF];)`;
  return character;
}

function percentOf(bytes: Buffer): string {
  return [...bytes].map((byte) => `%(?:25)*${[...byte.toString(16).padStart(2, '0')].map(anyCase).join('')}`).join('');
}

function anyCase(character: string): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  return lower === upper ? character : `[${lower}${upper}]`;
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
