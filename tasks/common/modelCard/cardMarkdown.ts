import { escapeMarkdown, inlineCode, markdownTable } from '../markdown';
import type { Block, CardSection, ModelCard, Value } from './card';
import { harmlessMarkdown, harmlessParagraph } from './harmlessMarkdown';
import { visibleCard } from './visibleCard';
import { yamlText } from './yamlText';

/** The card as the Hugging Face hub and any other reader of Markdown take it. */
export function cardMarkdown(card: ModelCard): string {
  const { model, decision, gaps, metadata, sections } = visibleCard(card);
  const title = `${model.name} version ${model.version}`;
  return `${[
    `---\n${Object.keys(metadata).length > 0 ? `${yamlText(metadata)}\n` : ''}---`,
    `# Model card: ${escapeMarkdown(title)}`,
    ...(decision ? [`Decision: **${escapeMarkdown(decision)}**`] : []),
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
          : [`${'#'.repeat(Math.min(6, 3 + block.depth))} ${harmlessParagraph(block.heading.replace(/\s+/g, ' '))}`]),
        harmlessMarkdown(block.markdown),
      ]
        .filter((part) => part !== '')
        .join('\n\n');
  }
}

function valueMarkdown(value: Value): string {
  if (typeof value === 'string') return escapeMarkdown(value);
  if (value.url !== undefined && isWebAddress(value.url)) {
    return `[${escapeMarkdown(value.text)}](<${value.url.replace(/[<>\\|`\s]/g, encodeURIComponent)}>)`;
  }
  return value.code ? inlineCode(value.text) : escapeMarkdown(value.text);
}

export const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url);
