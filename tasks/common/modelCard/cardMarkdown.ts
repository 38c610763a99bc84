import { escapeMarkdown, inlineCode, markdownTable } from '../markdown';
import type { Block, CardSection, ModelCard, Value } from './card';
import { yamlText } from './yamlText';

/** The card as the Hugging Face hub and any other reader of Markdown take it. */
export function cardMarkdown({ model, decision, gaps, metadata, sections }: ModelCard): string {
  const title = `${model.name} version ${model.version}`;
  return `${[
    `---\n${Object.keys(metadata).length > 0 ? `${yamlText(metadata)}\n` : ''}---`,
    `# Model card: ${escapeMarkdown(title)}`,
    ...(decision ? [`Decision: **${decision}**`] : []),
    ...(gaps.length > 0
      ? [`> **Not complete.** ${gaps.length} to be written:`, gaps.map((gap) => `- ${escapeMarkdown(gap)}`).join('\n')]
      : []),
    ...sections.flatMap(sectionMarkdown),
  ].join('\n\n')}\n`;
}

function sectionMarkdown({ title, note, blocks }: CardSection): string[] {
  return [
    `## ${escapeMarkdown(title)}`,
    ...(note === undefined ? [] : [`_${escapeMarkdown(note)}_`]),
    ...blocks.map(blockMarkdown),
  ];
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'text':
      return escapeMarkdown(block.text);
    case 'facts':
      return markdownTable(
        [{ title: '' }, { title: '' }],
        block.rows.map(([label, value]) => [escapeMarkdown(label), valueMarkdown(value)]),
      );
    case 'table':
      return markdownTable(
        block.columns,
        block.rows.map((row) => row.map(valueMarkdown)),
      );
    case 'written':
      return [
        ...(block.heading === undefined
          ? []
          : [`${'#'.repeat(Math.min(6, 3 + block.depth))} ${withoutTags(block.heading)}`]),
        writtenMarkdown(block.markdown),
      ]
        .filter((part) => part !== '')
        .join('\n\n');
  }
}

function valueMarkdown(value: Value): string {
  if (typeof value === 'string') return escapeMarkdown(value);
  if (value.url !== undefined && isWebAddress(value.url)) {
    return `[${escapeMarkdown(value.text)}](<${value.url.replace(/[<>\\|\s]/g, encodeURIComponent)}>)`;
  }
  return value.code ? inlineCode(value.text) : escapeMarkdown(value.text);
}

export const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url);

/** What people wrote, as it is: but HTML is text, and a fence that they left open does not swallow the rest of the card. */
function writtenMarkdown(markdown: string): string {
  let open: string | undefined;
  const lines = markdown.split('\n').map((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (open === undefined) {
      open = mark;
      return mark === undefined ? withoutTags(line) : line;
    }
    if (mark?.startsWith(open) && line.trim() === mark) open = undefined;
    return line;
  });
  return [...lines, ...(open === undefined ? [] : [open])].join('\n');
}

/** Outside of code spans, which end with as many backticks as they begin with; `<https://…>` stays a link. */
function withoutTags(line: string): string {
  return line.replace(
    /(?<!`)(?<ticks>`+)(?!`).*?(?<!`)\k<ticks>(?!`)|<(?=[a-z/!?])(?!https?:\/\/|mailto:)/gi,
    (found) => (found === '<' ? '&lt;' : found),
  );
}
