import { visibleText } from './visibleText';

/** A space without width. Escaping is not enough for mentions and references: GitHub looks for them in what was rendered. */
const gap = '&#8203;';

/**
 * Text from outside (names, replies, metrics' keys) made safe to stand inside a line or a table cell of Markdown: it can
 * start no markup, no HTML, no mention, no reference to an issue and no link, it stays on one line, and nothing in it is hidden.
 * Source: GitHub-flavoured Markdown, "Autolinks (extension)"; github/cmark-gfm#181.
 */
export function escapeMarkdown(text: string): string {
  return (
    visibleText(text.replace(/\s+/g, ' '))
      .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/#(?=\w)/g, `#${gap}`)
      .replace(/\bGH-(?=\d)/gi, `$&${gap}`)
      // A digest follows a name without a space, and is there to be copied.
      .replace(/(?<!\w)@|@(?!sha256:)/g, `&#64;${gap}`)
      .replace(/@/g, '&#64;')
      .replace(/\b(https?|ftp|mailto|xmpp):/gi, `$1:${gap}`)
      .replace(/\bwww\./gi, `www${gap}.`)
  );
}

/** The text as inline code, on one line; it may stand in a table cell too. */
export function inlineCode(text: string): string {
  const line = visibleText(text.replace(/\s+/g, ' ').trim()) || ' ';
  // Some readers take a backslash before that of the bar for its escape, and end the cell within the code.
  if (line.includes('\\|')) return escapeMarkdown(line);
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  // In a table a bar ends the cell even within code; GitHub-flavoured Markdown takes the backslash away again.
  return `${fence}${padding}${line.replace(/\|/g, '\\|')}${padding}${fence}`;
}

/** The text as a fenced block, as it is. */
export function codeBlock(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${withoutLastLineEnds(text)}\n${fence}`;
}

/** By hand: /\n+$/ takes quadratic time on a long run of line ends that is not at the end. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  return text.slice(0, end);
}

/** A link; its text is Markdown already. An address may hold what ends a link in Markdown, or is not ASCII. */
export function link(markdown: string, url: string): string {
  const address = encodeURI(url).replace(/%25/g, '%').replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${markdown}](${address})`;
}

/** Links on one line. */
export function linksLine(links: ReadonlyArray<{ readonly name: string; readonly url: string }>): string {
  return links.map(({ name, url }) => link(escapeMarkdown(name), url)).join(' · ');
}

/** A heading of a table's column; `right` is for numbers. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table of GitHub-flavoured Markdown. Titles are escaped here, cells are Markdown already: escape what is untrusted in them. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    row(columns.map(({ title }) => escapeMarkdown(title))),
    row(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(row),
  ].join('\n');
}
