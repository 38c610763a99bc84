import { createHash } from 'node:crypto';
import { messageOf } from '../common/messageOf';
import type { WrittenCard, WrittenSection } from '../common/record/record';

/** A file that is meant for people to read has less, in bytes. */
export const longestCard = 256 * 1024;

/**
 * Takes the Markdown that people wrote for the model card apart.
 * @param parse reads YAML
 * @throws Error that says what is wrong with its front matter
 */
export function readWrittenCard(text: string, parse: ParseYaml): WrittenCard {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const { metadata, rest } = frontMatter(lines, parse);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { sha256, metadata, sections: sectionsOf(withoutComments(rest)) };
}

type ParseYaml = (text: string) => unknown;

function frontMatter(lines: string[], parse: ParseYaml): { metadata: Record<string, unknown>; rest: string[] } {
  if (lines[0]?.trimEnd() !== '---') return { metadata: {}, rest: lines };
  const end = lines.findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line));
  if (end < 0) throw new Error('its front matter has no end: a line of "---" is missing.');
  let metadata: unknown;
  try {
    metadata = parse(lines.slice(1, end).join('\n')) ?? {};
  } catch (error) {
    throw new Error(`its front matter is not YAML: ${messageOf(error).split('\n')[0]}`);
  }
  if (typeof metadata !== 'object' || Array.isArray(metadata))
    throw new Error('its front matter must be names with values, such as "license: mit".');
  if (Object.hasOwn(metadata as object, 'model-index'))
    throw new Error('leave "model-index" out of its front matter: Evaluate writes the results there.');
  // By way of JSON, as the record will hold it.
  const plain = JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
  return { metadata: plain, rest: lines.slice(end + 1) };
}

/** Tells for one line after the other whether it is code between fences. Source: CommonMark 0.31.2, fenced code blocks. */
function codeFences(): (line: string) => boolean {
  let open: string | undefined;
  return (line) => {
    const mark = /^ {0,3}(`{3,}(?!.*`)|~{3,})/.exec(line)?.[1];
    if (open === undefined) {
      open = mark;
      return mark !== undefined;
    }
    if (mark?.startsWith(open) && /^ *(?:`+|~+)[ \t]*$/.test(line)) open = undefined;
    return true;
  };
}

/** Without comments, by which templates explain themselves; one that does not end hides all that follows, as it does for a reader. */
function withoutComments(lines: readonly string[]): string[] {
  const isCode = codeFences();
  let isComment = false;
  return lines.flatMap((line) => {
    if (!isComment && isCode(line)) return [line];
    let kept = '';
    let rest = line;
    while (rest !== '') {
      const at = isComment ? rest.indexOf('-->') : startOfComment(rest);
      if (!isComment) kept += at < 0 ? rest : rest.slice(0, at);
      rest = at < 0 ? '' : rest.slice(at + (isComment ? 3 : 4));
      if (at >= 0) isComment = !isComment;
    }
    return kept.trim() === '' && line.trim() !== '' ? [] : [kept];
  });
}

/** What stands between backticks is code. @returns -1 where there is none */
function startOfComment(line: string): number {
  const code = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g;
  return line.replace(code, (found) => '`'.repeat(found.length)).indexOf('<!--');
}

/** Source: CommonMark 0.31.2, ATX and setext headings. */
function sectionsOf(lines: readonly string[]): WrittenSection[] {
  const isCode = codeFences();
  const sections: Array<{ title: string; level: number; lines: string[] }> = [{ title: '', level: 1, lines: [] }];
  for (const line of lines) {
    const current = sections.at(-1)!.lines;
    const above = current.at(-1)?.trim() ?? '';
    const [atx, setext] = isCode(line)
      ? []
      : [/^ {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$/.exec(line), /^ {0,3}(=+|-+)[ \t]*$/.exec(line)];
    if (atx) sections.push({ title: (atx[2] ?? '').trim(), level: atx[1]!.length, lines: [] });
    else if (setext && above !== '' && !/^([-+*>|#]|\d+[.)]\s)/.test(above)) {
      current.pop();
      sections.push({ title: above, level: setext[1]!.startsWith('=') ? 1 : 2, lines: [] });
    } else current.push(line);
  }
  return sections
    .map(({ title, level, lines: own }) => ({ title, level, text: trimmed(own) }))
    .filter(({ title, text }, index) => index > 0 || title !== '' || text !== '');
}

function trimmed(lines: readonly string[]): string {
  const isFull = (line: string) => line.trim() !== '';
  const first = lines.findIndex(isFull);
  return first < 0 ? '' : lines.slice(first, lines.findLastIndex(isFull) + 1).join('\n');
}
