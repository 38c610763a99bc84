import { linearAxis } from './axis';
import { atX, atY, colours, frame, horizontalAxis, picture, plot, tickMarks, verticalAxis } from './svg';

/** So many points show the shape of the cloud; more only make the file large. */
const maximum = 2000;

/** Prediction minus truth over the prediction, as SVG. A good regression is a band around zero without a slope or a funnel. */
export function residualPlot(title: string, truth: ArrayLike<number>, predicted: ArrayLike<number>): string {
  const step = Math.max(1, Math.ceil(predicted.length / maximum));
  const points: Array<{ x: number; y: number }> = [];
  for (let index = 0; index < predicted.length; index += step) {
    const point = { x: predicted[index]!, y: predicted[index]! - truth[index]! };
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) points.push(point);
  }
  const horizontal = linearAxis(points.map(({ x }) => x));
  const vertical = linearAxis([0, ...points.map(({ y }) => y)]);
  const zero = atY(vertical.position(0));
  return picture(title, [
    ...verticalAxis(vertical, 'predicted − true'),
    ...horizontalAxis(tickMarks(horizontal), 'predicted'),
    `<line x1="${frame.left}" x2="${frame.left + plot.width}" y1="${zero}" y2="${zero}" stroke="${colours[1]}" stroke-width="1.5"/>`,
    `<g fill="${colours[0]}" fill-opacity="0.45">`,
    ...points.map(
      ({ x, y }) => `<circle cx="${atX(horizontal.position(x))}" cy="${atY(vertical.position(y))}" r="2.2"/>`,
    ),
    '</g>',
  ]);
}
