import { Secret } from './secret';

/** Shorter values ("true", "json") are in every text: hiding them would hide all. */
const shortest = 6;

/** Of a text that was cut in the midst of a secret, so many characters of the secret are looked for one by one. */
const longestCut = 200;

/** A pattern of more characters than these could overflow the stack of the regular expressions' compiler. */
const longestPiece = 200;

/** A line that begins or ends a key, and is the same for all of them. */
const frame = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;

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
    this.values = [...new Set(lines)]
      .filter((each) => each.trim().length >= shortest && !frame.test(each))
      .map((each) => new Secret(each));
  }

  /** The text with *** in place of every secret, and of the start of one where an ellipsis says that the text was cut. */
  hide(text: string): string {
    this.patterns ??= this.values
      .map((each) => each.reveal())
      .sort((a, b) => b.length - a.length)
      .flatMap(patternsOf);
    let shown = text;
    for (const { whole, cut } of this.patterns) {
      shown = replaceWhole(shown, whole);
      if (shown.includes('…')) shown = shown.replace(cut, '***…');
    }
    return shown;
  }
}

/** What stands one piece right after the other: where it begins, and what must follow there. */
interface WholePattern {
  readonly first: RegExp;
  readonly following: readonly RegExp[];
}

/** A secret in one encoding, each character in all the spellings that it may have. */
interface SecretPatterns {
  readonly whole: WholePattern;
  /** Its first characters and an ellipsis. */
  readonly cut: RegExp;
}

function patternsOf(text: string): SecretPatterns[] {
  const bytes = Buffer.from(text);
  return [
    [...text].map(spellingsOf),
    [...bytes.toString('hex')].map(anyCase),
    ...[0, 1, 2].map((offset) => [...base64Core(bytes, offset)].map(spellingsOfBase64)),
  ]
    .filter((characters) => characters.length >= shortest)
    .map((characters) => {
      const head = characters.slice(0, longestCut);
      const optional = head.slice(shortest).reduceRight((rest, each) => `(?:${each}${rest})?`, '');
      return {
        whole: wholePattern(characters),
        cut: new RegExp(`${head.slice(0, shortest).join('')}${optional}…`, 'g'),
      };
    });
}

function wholePattern(characters: string[]): WholePattern {
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += longestPiece) {
    pieces.push(characters.slice(at, at + longestPiece).join(''));
  }
  const [first = '', ...following] = pieces;
  return { first: new RegExp(first, 'g'), following: following.map((piece) => new RegExp(piece, 'y')) };
}

/** The text with *** for each place in which all pieces follow one another. */
function replaceWhole(text: string, { first, following }: WholePattern): string {
  if (following.length === 0) return text.replace(first, '***');
  let shown = '';
  let from = 0;
  for (const found of text.matchAll(first)) {
    if (found.index < from) continue;
    let end: number | undefined = found.index + found[0].length;
    for (const piece of following) {
      piece.lastIndex = end;
      if (!piece.test(text)) {
        end = undefined;
        break;
      }
      end = piece.lastIndex;
    }
    if (end === undefined) continue;
    shown += `${text.slice(from, found.index)}***`;
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
  // Long ones are broken into lines, in JSON as \n.
  return `${character}(?:\\s|\\\\[rn])*`;
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
