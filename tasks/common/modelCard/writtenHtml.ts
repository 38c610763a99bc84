import { escapeHtml, Html } from '../../../views/html';

/**
 * Markdown of people as HTML: paragraphs, lists, quotes, tables, fenced code, emphasis, code, links. What is anything else, HTML and
 * pictures among it, is shown as its text: the page runs nothing and fetches nothing. It is small because every task carries it.
 */
export function writtenHtml(markdown: string): Html {
  return new Html(blocks(markdown.split('\n')));
}

const item = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const fence = /^ {0,3}(`{3,}|~{3,})/;
const rule = /^ {0,3}([-*_])( *\1){2,} *$/;
const quote = /^ {0,3}> ?/;
const heading = /^ {0,3}#{1,6} +/;
const tableRule = /^ {0,3}\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/;

/** Each takes its lines from the start of the rest and says how many they are; 0 where the rest starts otherwise. */
type Reader = (lines: readonly string[]) => readonly [count: number, text: string];

const nothing = [0, ''] as const;
const readers: readonly Reader[] = [
  ([line]) => (line!.trim() === '' ? [1, ''] : nothing),
  readCode,
  ([line]) => (rule.test(line!) ? [1, '<hr>'] : nothing),
  ([line]) => (heading.test(line!) ? [1, `<p><strong>${inline(line!.replace(heading, ''))}</strong></p>`] : nothing),
  readQuote,
  readList,
  readTable,
  readParagraph,
];

function blocks(lines: readonly string[]): string {
  const out: string[] = [];
  for (let rest = lines; rest.length > 0;) {
    for (const reader of readers) {
      const [count, text] = reader(rest);
      if (count === 0) continue;
      out.push(text);
      rest = rest.slice(count);
      break;
    }
  }
  return out.join('');
}

function readCode(lines: readonly string[]): readonly [number, string] {
  const mark = fence.exec(lines[0]!)?.[1];
  if (mark === undefined) return nothing;
  const end = lines.findIndex((line, at) => at > 0 && line.trim().startsWith(mark) && /^ *(`+|~+) *$/.test(line));
  const code = lines.slice(1, end < 0 ? undefined : end).join('\n');
  return [end < 0 ? lines.length : end + 1, `<pre tabindex="0"><code>${escapeHtml(code)}\n</code></pre>`];
}

function readQuote(lines: readonly string[]): readonly [number, string] {
  const count = countWhile(lines, (line) => quote.test(line));
  const inner = lines.slice(0, count).map((line) => line.replace(quote, ''));
  return count === 0 ? nothing : [count, `<blockquote>${blocks(inner)}</blockquote>`];
}

/** Items of one kind; lines that are set in as far as an item's text belong to it. */
function readList(lines: readonly string[]): readonly [number, string] {
  const first = item.exec(lines[0]!);
  if (!first) return nothing;
  const isNumbered = /\d/.test(first[2]!);
  const items: string[][] = [];
  let width = 0;
  const count = countWhile(lines, (line, at) => {
    const mark = item.exec(line);
    const isInner = width > 0 && indentOf(line) >= width;
    if (mark && !isInner) {
      if (/\d/.test(mark[2]!) !== isNumbered || rule.test(line)) return false;
      width = Math.min(mark[0].length, mark[1]!.length + mark[2]!.length + 4);
      items.push([line.slice(mark[0].length)]);
      return true;
    }
    if (line.trim() === '') {
      const next = lines.slice(at).find((each) => each.trim() !== '');
      const goesOn = next !== undefined && (indentOf(next) >= width || item.test(next));
      if (goesOn) items.at(-1)!.push('');
      return goesOn;
    }
    const isLazy = lines[at - 1]!.trim() !== '' && !startsBlock(line);
    if (isInner || isLazy) items.at(-1)!.push(isInner ? line.slice(width) : line);
    return isInner || isLazy;
  });
  const start = Number.parseInt(first[2]!, 10);
  const tag = isNumbered ? 'ol' : 'ul';
  const attribute = isNumbered && start !== 1 ? ` start="${start}"` : '';
  return [count, `<${tag}${attribute}>${items.map((each) => `<li>${tight(each)}</li>`).join('')}</${tag}>`];
}

/** A paragraph that is the only one in its item stands there without a tag of its own. */
const tight = (lines: readonly string[]): string => blocks(lines).replace(/^<p>((?:(?!<p>).)*?)<\/p>/s, '$1');

function readTable(lines: readonly string[]): readonly [number, string] {
  const [head = '', line = ''] = lines;
  if (!head.includes('|') || !line.includes('-') || !tableRule.test(line)) return nothing;
  const titles = cells(head);
  if (titles.length !== cells(line).length) return nothing;
  const body = lines.slice(2, 2 + countWhile(lines.slice(2), (each) => each.includes('|')));
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${titles.map((_, at) => `<${tag}>${inline(texts[at] ?? '')}</${tag.split(' ')[0]}>`).join('')}</tr>`;
  const rows = body.map((each) => row('td', cells(each))).join('');
  const table = `<table><thead>${row('th scope="col"', titles)}</thead><tbody>${rows}</tbody></table>`;
  const name = escapeHtml(titles.join(', '));
  return [2 + body.length, `<div class="wide" role="region" aria-label="${name}" tabindex="0">${table}</div>`];
}

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, '|'));

function readParagraph(lines: readonly string[]): readonly [number, string] {
  const count = 1 + countWhile(lines.slice(1), (line) => line.trim() !== '' && !startsBlock(line));
  const text = lines
    .slice(0, count)
    .map((line) => line.trimStart())
    .join('\n');
  return [count, `<p>${inline(text)}</p>`];
}

const startsBlock = (line: string): boolean =>
  [fence, rule, quote, heading].some((each) => each.test(line)) || /^ {0,3}([-*+]|1[.)]) +\S/.test(line);

function countWhile(lines: readonly string[], isOne: (line: string, at: number) => boolean): number {
  const end = lines.findIndex((line, at) => !isOne(line, at));
  return end < 0 ? lines.length : end;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Code and links first, since emphasis does not begin in them; what is left is escaped before tags are put around it. */
const spans =
  /(?<code>`+)(?<inside>.*?[^`])\k<code>(?!`)|!?\[(?<label>[^[\]]*)\]\((?<target>[^\s()<>]+)(?: +"[^"]*")?\)|<(?<address>(?:https?:\/\/|mailto:)[^\s<>]+)>|\\(?<escaped>[!-/:-@[-`{-~])/gs;

function inline(text: string): string {
  // Tags that stand already are kept aside, so that emphasis can reach around them and never into them.
  const kept: string[] = [];
  const keep = (tag: string): string => `\ue000${kept.push(tag) - 1}\ue000`;
  const marked = text.replace(/\ue000/g, '\ufffd').replace(spans, (...match) => {
    const { inside, label, target, address, escaped } = match.at(-1) as Record<string, string | undefined>;
    if (inside !== undefined) return keep(`<code>${escapeHtml(inside.trim())}</code>`);
    if (escaped !== undefined) return keep(escapeHtml(escaped));
    if (address !== undefined) return keep(anchor(address, escapeHtml(address)));
    return isSafe(target!) ? `${keep(`<a href="${escapeHtml(target!)}">`)}${label}${keep('</a>')}` : label!;
  });
  return escapeHtml(marked)
    .replace(/\*\*\*(?=\S)([^*]+?)(?<=\S)\*\*\*/g, '<em><strong>$1</strong></em>')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/gs, '<strong>$2</strong>')
    .replace(/\*(?=\S)([^*]+?)(?<=\S)\*/g, '<em>$1</em>')
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)([^_]+?)(?<=\S)_(?![\p{L}\p{N}_])/gu, '<em>$1</em>')
    .replace(/~~(?=\S)(.+?)(?<=\S)~~/gs, '<del>$1</del>')
    .replace(/ {2,}\n|\\\n/g, '<br>')
    .replace(/\ue000(\d+)\ue000/g, (_, index: string) => kept[Number(index)]!);
}

const isSafe = (url: string): boolean => /^(https?:\/\/|mailto:|#)/i.test(url);

const anchor = (url: string, label: string): string => `<a href="${escapeHtml(url)}">${label}</a>`;
