/**
 * Markdown of people that cannot do anything but be read: HTML in it is text, its links lead to pages, and nothing that they left open
 * reaches into what follows. Readers of Markdown differ in where code begins and ends, so what opens HTML is kept only where
 * none of them can take it for anything but code. Code elsewhere stays code, and shows `&lt;` as it is written.
 * Source: CommonMark 0.31.2; GitHub-flavoured Markdown, tables and autolinks, which both cut code apart.
 */
export function harmlessMarkdown(markdown: string): string {
  const lines = markdown.split(/\r\n|\r|\n/);
  const out: string[] = [];
  let paragraph: string[] = [];
  const endParagraph = () => {
    if (paragraph.length > 0) out.push(harmlessParagraph(paragraph.join('\n')));
    paragraph = [];
  };
  const addText = (line: string) => {
    paragraph.push(line);
    if (isBlank(line)) endParagraph();
  };
  for (let at = 0; at < lines.length;) {
    const block = fencedBlock(lines, at);
    if (!block) addText(lines[at]!.replace(fence, (text) => text.replace(/[`~]/g, asEntity)));
    // Only at the margin it is in no list, and no fence of a list can be open before it.
    else if (block.isAtMargin) {
      endParagraph();
      out.push(...block.lines);
    } else block.lines.forEach(addText);
    at += block?.lines.length ?? 1;
  }
  endParagraph();
  return out.join('\n');
}

const isBlank = (line: string): boolean => /^[ \t]*$/.test(line);

/** An entity begins and ends nothing, whoever reads it. */
const asEntity = (character: string): string => `&#${character.charCodeAt(0)};`;

/** Whatever a reader may take for white space before it. */
const fence = /^[^!-~]*(?:`{3,}|~{3,})/;
const opening = /^( *)(`{3,}|~{3,})[\w \t.,:;=+#(){}"'/-]*$/;

/**
 * Code between fences that are set in alike, with nothing in between that is set in less or that could be taken for a fence of the
 * same kind. At the margin it may last to the end of the text, where it is ended.
 */
function fencedBlock(lines: readonly string[], at: number): { lines: string[]; isAtMargin: boolean } | undefined {
  const [, indent = '', mark = ''] = opening.exec(lines[at]!) ?? [];
  if (mark === '') return undefined;
  const isAtMargin = indent === '';
  const isInside = (line: string) =>
    (isBlank(line) || line.startsWith(indent)) && !fence.exec(line)?.[0].includes(mark);
  let end = at + 1;
  while (end < lines.length && isInside(lines[end]!)) end++;
  if (end === lines.length) return isAtMargin ? { lines: [...lines.slice(at), mark], isAtMargin } : undefined;
  const isClosed = new RegExp(`^${indent}${mark}${mark[0]}* *$`).test(lines[end]!);
  return isClosed ? { lines: lines.slice(at, end + 1), isAtMargin } : undefined;
}

const code = '(?<!`)(`+)(?!`)[^\\n]*?(?<!`)\\1(?!`)';
const page = '<https?://[\\w.~:/?#@!$&()*+,;=%-]+>';
const tag = '(?<!\\\\)\\\\*<(?=[a-z/!?])';
/** What begins the address of a link, unless that is one of a page, of a mailbox, or without a scheme. */
const harmlessTarget = '(?:https?://|mailto:|[/?#)]|[^\\s:&\\\\/?#()<]+(?:[/?#)\\s]|$))';
const target = `\\]\\((?!${harmlessTarget})|\\]:(?![ \\t]*${harmlessTarget})`;

/** What begins the name of a link's address and is not ended: for some readers it goes on over empty lines and fences. */
const openName = '(?<![!-~])\\[(?!(?:\\\\[^]|[^[\\]\\\\])*[[\\]])';

const allCode = new RegExp(code, 'g');
const certain = new RegExp(`${code}|${tag}`, 'gi');
const uncertain = new RegExp(`${page}|${tag}|${target}|${openName}`, 'gi');

/** Lines without an empty one between them. */
export function harmlessParagraph(text: string): string {
  // An escape, a cell, a link or an address may take a backtick away, in this line or in the next.
  const isCertain = !/[`\\|[\]$]|:\/\/|www\./i.test(text.replace(allCode, ''));
  return text.replace(isCertain ? certain : uncertain, (found) => {
    if (found.startsWith('`') || found.endsWith('>')) return found;
    if (found === '[') return asEntity(found);
    if (found.startsWith(']')) return `]${asEntity(found[1]!)}${found.slice(2)}`;
    // An escape before it would be one of the entity.
    return `${'\\'.repeat(2 * Math.floor((found.length - 1) / 2))}&lt;`;
  });
}
