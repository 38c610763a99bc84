import { formatNumber } from '../formatNumber';
import type { Axis } from './axis';

export const colours = ['#0078d4', '#d83b01', '#107c10', '#8764b8'] as const;

/** Pixels. The plot stands inside the margins, which hold title, marks and labels. */
export const frame = { width: 640, height: 320, left: 70, right: 20, top: 44, bottom: 52 } as const;
export const plot = {
  width: frame.width - frame.left - frame.right,
  height: frame.height - frame.top - frame.bottom,
} as const;

/** Where a position (0 to 1) of the horizontal or vertical axis stands in the picture. */
export const atX = (position: number) => round(frame.left + position * plot.width);
export const atY = (position: number) => round(frame.top + (1 - position) * plot.height);

export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Text from outside, made safe for SVG. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
      // eslint-disable-next-line no-control-regex
      .replace(/[\x00-\x1f]/g, ' ')
  );
}

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${attributes && ` ${attributes}`}>${escapeXml(content)}</text>`;
}

/** A whole picture; its colours follow the viewer's light or dark mode. */
export function picture(
  title: string,
  content: readonly string[],
  size: { width: number; height: number } = frame,
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" font-family="Segoe UI, system-ui, sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    '<style>text{fill:#323130}.title{font-size:15px;font-weight:600}.paper{fill:#fff}.grid{stroke:#e1dfdd}.quiet{fill:#605e5c}.limit{stroke:#a4262c}' +
      '@media(prefers-color-scheme:dark){text{fill:#f3f2f1}.paper{fill:#1b1a19}.grid{stroke:#3b3a39}.quiet{fill:#a19f9d}.limit{stroke:#f1707b}}</style>',
    `<rect class="paper" width="${size.width}" height="${size.height}"/>`,
    text(frame.left, 24, title, 'class="title"'),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

/** Horizontal lines with their numbers, and what they measure. */
export function verticalAxis(axis: Axis, label: string): string[] {
  const middle = frame.top + plot.height / 2;
  return [
    ...axis.ticks.flatMap((tick) => {
      const y = atY(axis.position(tick));
      return [
        `<line class="grid" x1="${frame.left}" x2="${frame.left + plot.width}" y1="${y}" y2="${y}"/>`,
        text(frame.left - 8, y + 4, formatNumber(tick), 'class="quiet" text-anchor="end"'),
      ];
    }),
    text(16, middle, label, `class="quiet" text-anchor="middle" transform="rotate(-90 16 ${round(middle)})"`),
  ];
}

/** Marks below the plot, and what they mean. */
export function horizontalAxis(marks: readonly { position: number; text: string }[], label: string): string[] {
  const base = frame.top + plot.height;
  return [
    ...marks.map((mark) => text(atX(mark.position), base + 18, mark.text, 'class="quiet" text-anchor="middle"')),
    text(frame.left + plot.width / 2, base + 40, label, 'class="quiet" text-anchor="middle"'),
  ];
}

export function tickMarks(axis: Axis): Array<{ position: number; text: string }> {
  return axis.ticks.map((tick) => ({ position: axis.position(tick), text: formatNumber(tick) }));
}
