import { linearAxis } from './axis';
import {
  atX,
  atY,
  colours,
  escapeXml,
  frame,
  horizontalAxis,
  picture,
  plot,
  text,
  tickMarks,
  verticalAxis,
} from './svg';

export interface Line {
  readonly name: string;
  /** A point whose y is not finite breaks the line. */
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    /** Stands above the point. */ readonly label?: string;
  }[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  /** Where x counts things instead of measuring: their names, the x of a point is the index. */
  readonly xNames?: readonly string[];
  /** A dashed horizontal line, e.g. a criterion's limit. */
  readonly reference?: { readonly name: string; readonly y: number };
}

/** Lines over a common axis, as SVG: metrics over versions or steps. */
export function lineChart({ title, xLabel, yLabel, lines, xNames, reference }: LineChart): string {
  const points = lines.flatMap((line) => line.points);
  const vertical = linearAxis([...points.map(({ y }) => y), ...(reference ? [reference.y] : [])]);
  const horizontal = xNames ? namedAxis(xNames.length) : linearAxis(points.map(({ x }) => x));
  const marks = xNames ? nameMarks(xNames) : tickMarks(linearAxis(points.map(({ x }) => x)));
  const content = [...verticalAxis(vertical, yLabel), ...horizontalAxis(marks, xLabel)];
  if (reference && Number.isFinite(reference.y)) {
    const y = atY(vertical.position(reference.y));
    content.push(
      `<line x1="${frame.left}" x2="${frame.left + plot.width}" y1="${y}" y2="${y}" class="limit" stroke-dasharray="6 4"/>`,
      text(frame.left + plot.width, y - 5, reference.name, 'text-anchor="end" class="quiet"'),
    );
  }
  lines.forEach((line, index) => {
    const colour = colours[index % colours.length]!;
    const finite = line.points.filter(({ y }) => Number.isFinite(y));
    let path = '';
    let pen = 'M';
    for (const { x, y } of line.points) {
      if (Number.isFinite(y)) path += `${pen}${atX(horizontal.position(x))},${atY(vertical.position(y))}`;
      pen = Number.isFinite(y) ? 'L' : 'M';
    }
    content.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    if (finite.length <= 60) {
      for (const { x, y, label } of finite) {
        const tip = `${xNames?.[x] ?? x}: ${y}`;
        content.push(
          `<circle cx="${atX(horizontal.position(x))}" cy="${atY(vertical.position(y))}" r="3.5" fill="${colour}"><title>${escapeXml(tip)}</title></circle>`,
        );
        // To the left, where a rising line is below it.
        if (label !== undefined)
          content.push(
            text(atX(horizontal.position(x)) + 6, atY(vertical.position(y)) - 8, label, 'text-anchor="end"'),
          );
      }
    }
    if (lines.length > 1) {
      const x = frame.left + index * 130;
      content.push(
        `<rect x="${x}" y="${frame.top - 12}" width="10" height="3" fill="${colour}"/>`,
        text(x + 15, frame.top - 6, line.name),
      );
    }
  });
  return picture(title, content);
}

/** Names stand in the middle of equal shares of the width. */
function namedAxis(count: number): { position(index: number): number } {
  return { position: (index) => (index + 0.5) / count };
}

function nameMarks(names: readonly string[]): Array<{ position: number; text: string }> {
  const every = Math.ceil(names.length / 12);
  const axis = namedAxis(names.length);
  return names
    .map((name, index) => ({ position: axis.position(index), text: name.length > 12 ? `${name.slice(0, 11)}…` : name }))
    .filter((_, index) => (names.length - 1 - index) % every === 0);
}
