import { escapeMarkdown, markdownTable } from '../markdown';
import { picture, round, text } from './svg';

/** How often a model said a class where the truth was a class. */
export interface ConfusionMatrix {
  readonly labels: readonly string[];
  /** `counts[truth][predicted]`, both in the order of the labels. */
  readonly counts: readonly (readonly number[])[];
}

/** As SVG: rows are the truth, columns the prediction; the darker, the greater the share of its row. */
export function confusionMatrixChart(title: string, { labels, counts }: ConfusionMatrix): string {
  const cell = Math.max(34, Math.min(80, round(480 / labels.length)));
  const [left, top] = [150, 76];
  const size = { width: Math.max(420, left + cell * labels.length + 24), height: top + cell * labels.length + 24 };
  const short = (label: string) => (label.length > 14 ? `${label.slice(0, 13)}…` : label);
  const content = [
    text(left, 44, 'predicted', 'class="quiet"'),
    text(left - 130, top - 10, 'truth', 'class="quiet"'),
    ...labels.map((label, index) => text(left + (index + 0.5) * cell, top - 10, short(label), 'text-anchor="middle"')),
  ];
  counts.forEach((row, rowIndex) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const y = top + rowIndex * cell;
    content.push(text(left - 10, y + cell / 2 + 4, short(labels[rowIndex] ?? ''), 'text-anchor="end"'));
    row.forEach((count, column) => {
      const share = total > 0 ? count / total : 0;
      const x = left + column * cell;
      const hue = rowIndex === column ? '#0078d4' : '#d83b01';
      content.push(
        `<rect class="grid" x="${x}" y="${y}" width="${cell}" height="${cell}" fill="${hue}" fill-opacity="${round(share * 100) / 100}"/>`,
        text(
          x + cell / 2,
          y + cell / 2 + 4,
          String(count),
          `text-anchor="middle"${share > 0.6 ? ' style="fill:#fff"' : ''}`,
        ),
      );
    });
  });
  return picture(title, content, size);
}

/** As a Markdown table, for a summary. */
export function confusionMatrixTable({ labels, counts }: ConfusionMatrix): string {
  return markdownTable(
    [{ title: 'truth ↓ predicted →' }, ...labels.map((label) => ({ title: label, align: 'right' as const }))],
    counts.map((row, index) => [
      `**${escapeMarkdown(labels[index] ?? '')}**`,
      ...row.map((count, column) => (column === index ? `**${count}**` : String(count))),
    ]),
  );
}
