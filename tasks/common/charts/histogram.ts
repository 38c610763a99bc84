import { extent, linearAxis } from './axis';
import {
  atX,
  atY,
  colours,
  escapeXml,
  frame,
  horizontalAxis,
  picture,
  plot,
  round,
  text,
  tickMarks,
  verticalAxis,
} from './svg';

export interface Histogram {
  readonly title: string;
  readonly xLabel: string;
  /** What is counted; "count" unless given. */
  readonly yLabel?: string;
  readonly values: readonly number[];
  /** Dashed vertical lines, e.g. percentiles. */
  readonly marks?: readonly { readonly name: string; readonly x: number }[];
  /** How many bins; 30 unless given. */
  readonly bins?: number;
}

/** How many of the finite values fall into each of equally wide bins between lowest and highest. */
export function binCounts(
  values: readonly number[],
  bins: number,
): { lowest: number; width: number; counts: number[] } {
  const [lowest, highest] = extent(values);
  const width = (highest - lowest) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - lowest) / width))]!++;
  }
  return { lowest, width, counts };
}

/** How values are spread, as SVG. */
export function histogram({ title, xLabel, yLabel = 'count', values, marks = [], bins = 30 }: Histogram): string {
  const { lowest, width, counts } = binCounts(values, bins);
  const horizontal = linearAxis([lowest, lowest + width * bins, ...marks.map(({ x }) => x)]);
  const vertical = linearAxis([0, ...counts]);
  const bars = counts.map((count, index) => {
    const start = atX(horizontal.position(lowest + index * width));
    const end = atX(horizontal.position(lowest + (index + 1) * width));
    const top = atY(vertical.position(count));
    const height = round(frame.top + plot.height - top);
    return `<rect x="${start}" y="${top}" width="${Math.max(0.5, round(end - start - 1))}" height="${height}" fill="${colours[0]}"><title>${escapeXml(String(count))}</title></rect>`;
  });
  const lines = marks
    .filter(({ x }) => Number.isFinite(x))
    .flatMap(({ name, x }, index) => {
      const at = atX(horizontal.position(x));
      return [
        `<line x1="${at}" x2="${at}" y1="${frame.top}" y2="${frame.top + plot.height}" stroke="${colours[1]}" stroke-dasharray="5 4"/>`,
        text(at + 4, frame.top + 12 + index * 14, name),
      ];
    });
  return picture(title, [
    ...verticalAxis(vertical, yLabel),
    ...horizontalAxis(tickMarks(horizontal), xLabel),
    ...bars,
    ...lines,
  ]);
}
