/**
 * Markdown of people that cannot do anything but be read: HTML in it is text, and nothing that they left open reaches into what
 * follows. What is code is told only where every reader of Markdown tells it alike, wherever it stands: a line by itself, a fence with
 * its content. What goes over several lines is put on one; what is still in doubt becomes plain text.
 * Source: CommonMark 0.31.2, code spans, fenced code blocks; GitHub-flavoured Markdown, tables, whose bars count within code too.
 */
export function harmlessMarkdown(markdown: string): string {
  const lines = markdown.split('\n');
  const out: string[] = [];
  for (let at = 0; at < lines.length;) {
    const code = fencedCode(lines, at);
    if (code) {
      out.push(...code.text);
      at += code.lines;
      continue;
    }
    const whole = withItsCode(lines, at);
    out.push(harmlessLine(whole.line));
    at += whole.lines;
  }
  return out.join('\n');
}

/** Outside of code, which is left as it is; `<https://…>` stays a link. */
export function harmlessLine(line: string): string {
  return parts(line)
    .map(({ kind, text }) => (kind === 'mark' ? text.replace(/[`~]/g, '\\$&') : kind === 'tag' ? '&lt;' : text))
    .join('');
}

/** With a bar in it, it may be the head of a table. */
const fence = /^( *)(`{3,}(?![^]*[`|])|~{3,}(?![^]*\|))/;

/**
 * Code between fences. Within a list it lasts as long as the lines are set in as far; where they are not, it ends for one reader
 * and not for another.
 */
function fencedCode(lines: readonly string[], at: number): { lines: number; text: string[] } | undefined {
  const [, indent = '', mark = ''] = fence.exec(lines[at]!) ?? [];
  if (mark === '' || indent.length > 3) return undefined;
  const isEnd = (line: string) => {
    const [, own = '', end = ''] = fence.exec(line) ?? [];
    return own.length <= 3 && end.startsWith(mark) && line.trim() === end;
  };
  const end = lines.findIndex((line, index) => index > at && isEnd(line));
  const whole = lines.slice(at, end < 0 ? undefined : end + 1);
  // With less than two spaces before it, it is in no list.
  const isSure = indent.length < 2 || (end > 0 && whole.every((line) => line.trim() === '' || line.startsWith(indent)));
  if (!isSure) return undefined;
  return { lines: whole.length, text: end < 0 ? [...whole, mark] : whole };
}

interface Part {
  /** `mark`: backticks without their like, or tildes of a fence, `tag`: what begins one. */
  readonly kind: 'text' | 'code' | 'mark' | 'tag';
  readonly text: string;
}

const address = /<(?:https?:\/\/|mailto:)[^\s<>`]*>/iy;
const tokens = /\\[!-/:-@[-`{-~]|`+|<(?=[a-z/!?])|^ *~{3,}/gi;

/** The leftmost of what may begin wins: an escape, code, a link, a tag. */
function parts(line: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  const add = (kind: Part['kind'], end: number) => {
    if (end > at) found.push({ kind, text: line.slice(at, end) });
    at = end;
  };
  for (tokens.lastIndex = 0; ;) {
    const token = tokens.exec(line);
    if (!token) break;
    add('text', token.index);
    const end = token.index + token[0].length;
    if (token[0].startsWith('\\')) add('text', end);
    else if (token[0].startsWith('`')) {
      const close = endOfCode(line, end, token[0].length);
      if (close === undefined) add('mark', end);
      else add('code', close);
    } else if (token[0] === '<') {
      address.lastIndex = token.index;
      if (address.test(line)) add('text', address.lastIndex);
      else add('tag', end);
    } else add('mark', end);
    tokens.lastIndex = at;
  }
  add('text', line.length);
  return found;
}

/** Code ends with as many backticks as it begins with. */
function endOfCode(line: string, from: number, length: number): number | undefined {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(line); run; run = runs.exec(line)) {
    if (run[0].length !== length) continue;
    const isCut = /(?<!\\)\|/.test(line.slice(from, run.index)) && line.slice(from, run.index).includes('<');
    return isCut ? undefined : run.index + length;
  }
  return undefined;
}

/** Code does not go on for longer than that. Lines. */
const longestCode = 20;

/** A line, with those after it on which code ends that begins on it. */
function withItsCode(lines: readonly string[], at: number): { line: string; lines: number } {
  const alone = lines[at]!;
  let line = alone;
  for (let count = 1; count <= longestCode; count++) {
    if (!parts(line).some(({ kind, text }) => kind === 'mark' && text.includes('`'))) return { line, lines: count };
    const next = lines[at + count];
    if (next === undefined || !goesOn(line, next)) break;
    line += ` ${next.trimStart()}`;
  }
  return { line: alone, lines: 1 };
}

/** Whether the second line is of the same paragraph as the first, for every reader. */
function goesOn(line: string, next: string): boolean {
  const startsOther = /^\s*(?:$|[>#|]|[-+*](?:\s|$)|\d{1,9}[.)]|=+\s*$|[-_*](?:\s*[-_*]){2,}\s*$|`{3,}|~{3,})/;
  const isText = !/^(?: {4}|\t)|^\s*(?:#{1,6}\s|`{3,}|~{3,})/.test(line) && !/\||^\s*>/.test(line);
  return isText && !startsOther.test(next) && !next.includes('|');
}
