import { fourClasses, twoClasses } from './classRivals';
import type { Random } from '../../tasks/Evaluate/confidence/random';
import { normal, same, uniform, type Scenario } from './scenario';
import { queries, scores } from './scoreRivals';

interface Shape {
  readonly draw: (random: Random) => number;
  /** Means of the squares and of the absolute values, from the distributions' formulas. */
  readonly square: number;
  readonly absolute: number;
  /** None falls below 0. */
  readonly isPositive?: boolean;
}

const halfNormal = Math.sqrt(2 / Math.PI);
const student3 = (random: Random) => {
  const chiSquare = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / Math.sqrt(chiSquare / 3);
};

export const shapes = {
  normal: { draw: normal, square: 1, absolute: halfNormal },
  t3: { draw: student3, square: 3, absolute: (2 * Math.sqrt(3)) / Math.PI },
  lognormal: {
    draw: (random) => Math.exp(normal(random)),
    square: Math.exp(2),
    absolute: Math.exp(0.5),
    isPositive: true,
  },
  /** One row in 50 errs ten times as much. */
  outliers: {
    draw: (random) => normal(random) * (uniform(random) < 0.02 ? 10 : 1),
    square: 0.98 + 2,
    absolute: halfNormal * (0.98 + 0.2),
  },
  /** Half of all rows are right to the digit. */
  ties: { draw: (random) => (uniform(random) < 0.5 ? 0 : normal(random)), square: 0.5, absolute: halfNormal / 2 },
  discrete: { draw: (random) => Math.floor(uniform(random) * 5) - 2, square: 2, absolute: 1.2 },
} satisfies Record<string, Shape>;

/** Of a forecast of this quantile, errors upwards weigh what is left to 1. */
const quantile = 0.9;

/** What the metric makes of errors of this shape, up to their scale. */
function sizeOf({ square, absolute, isPositive }: Shape, metric: string): number {
  if (metric === 'rmse') return Math.sqrt(square);
  return absolute * (metric.startsWith('quantile') ? (isPositive ? 1 - quantile : 1 / 2) : 1);
}

/** The better candidate errs this much less. */
const lessError = 0.8;

function errors(name: keyof typeof shapes): Scenario {
  const shape: Shape = shapes[name];
  return {
    name,
    metrics: ['rmse', 'mae', `quantile_loss_${quantile}`, 'mape'],
    hasOtherShape: name !== 'normal',
    draw(rows, rivalry, metric, random) {
      const label = metric === 'mape' ? labels(rows, random) : new Float64Array(rows);
      const other: Shape = rivalry === 'otherShape' ? shapes.normal : shape;
      const scale = (rivalry === 'better' ? lessError : 1) / sizeOf(shape, metric);
      const candidate = label.map((truth) => truth + scale * shape.draw(random));
      const champion = label.map((truth) => truth + other.draw(random) / sizeOf(other, metric));
      return [same(label), { candidate, champion }];
    },
  };
}

/** Of which the largest is five times the smallest. */
function labels(rows: number, random: Random): Float64Array {
  return Float64Array.from({ length: rows }, () => 2 + 8 * uniform(random));
}

/** The same errors by smape, which no formula says how to make equal between shapes. */
function shares(name: keyof typeof shapes): Scenario {
  const shape: Shape = shapes[name];
  return {
    name,
    metrics: ['smape'],
    hasOtherShape: false,
    draw(rows, rivalry, _metric, random) {
      const label = labels(rows, random);
      const erring = (scale: number) => label.map((truth) => truth + (scale * shape.draw(random)) / shape.absolute);
      return [same(label), { candidate: erring(rivalry === 'better' ? lessError : 1), champion: erring(1) }];
    },
  };
}

export const scenarios: readonly Scenario[] = [
  ...(Object.keys(shapes) as Array<keyof typeof shapes>).flatMap((name) => [errors(name), shares(name)]),
  twoClasses('a third positive', 1 / 3),
  twoClasses('rare positives', 0.05),
  fourClasses(),
  scores('a third positive', 1 / 3),
  scores('rare positives', 0.05),
  queries(),
];
