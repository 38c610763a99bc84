import type { PairedColumn } from '../../tasks/Evaluate/confidence/formulas';
import type { Random } from '../../tasks/Evaluate/confidence/random';

/**
 * `equal`: both models err alike, so that they are exchangeable. `otherShape`: the metric is the same in the long run, but
 * the candidate's errors are of this shape and the champion's normal (or even). `better`: the candidate is better.
 */
export type Rivalry = 'equal' | 'otherShape' | 'better';

/** Both models' rows of one comparison, in the order of the metric's columns. */
export interface Scenario {
  readonly name: string;
  readonly metrics: readonly string[];
  /** Whether there is another shape to compare with. */
  readonly hasOtherShape: boolean;
  draw: (rows: number, rivalry: Rivalry, metric: string, random: Random) => [label: PairedColumn, answer: PairedColumn];
}

const uniform = (random: Random) => (random.next() + 0.5) / 2 ** 32;
const normal = (random: Random) => Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));

interface Shape {
  readonly draw: (random: Random) => number;
  /** Means of the squares and of the absolute values, from the distributions' formulas. */
  readonly square: number;
  readonly absolute: number;
}

const halfNormal = Math.sqrt(2 / Math.PI);
const student3 = (random: Random) => {
  const chiSquare = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / Math.sqrt(chiSquare / 3);
};

export const shapes = {
  normal: { draw: normal, square: 1, absolute: halfNormal },
  t3: { draw: student3, square: 3, absolute: (2 * Math.sqrt(3)) / Math.PI },
  lognormal: { draw: (random) => Math.exp(normal(random)), square: Math.exp(2), absolute: Math.exp(0.5) },
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

/** The better candidate errs this much less. */
const lessError = 0.8;

function errors(name: keyof typeof shapes): Scenario {
  const shape: Shape = shapes[name];
  return {
    name,
    metrics: ['rmse', 'mae'],
    hasOtherShape: name !== 'normal',
    draw(rows, rivalry, metric, random) {
      const size = (of: Shape) => (metric === 'rmse' ? Math.sqrt(of.square) : of.absolute);
      const label = new Float64Array(rows);
      const other: Shape = rivalry === 'otherShape' ? shapes.normal : shape;
      const scale = (rivalry === 'better' ? lessError : 1) / size(shape);
      const candidate = label.map(() => scale * shape.draw(random));
      const champion = label.map(() => other.draw(random) / size(other));
      return [same(label), { candidate, champion }];
    },
  };
}

/** Classifiers of two classes; f1 0.6 of both, but for the better candidate. */
function classes(name: string, share: number): Scenario {
  // The share of class 0 that is taken for class 1, so that f1 is 0.6 at this recall.
  const falseShare = (recall: number, f1 = 0.6) => ((2 * share * recall) / f1 - share - share * recall) / (1 - share);
  return {
    name,
    metrics: ['accuracy', 'f1', 'recall'],
    hasOtherShape: true,
    draw(rows, rivalry, metric, random) {
      const label = Float64Array.from({ length: rows }, () => (uniform(random) < share ? 1 : 0));
      const recall = 0.7;
      const normalFalse = falseShare(recall);
      const guess = (positive: number, negative: number) =>
        label.map((truth) => (uniform(random) < (truth === 1 ? positive : negative) ? 1 : 0));
      const otherRecall = 0.5;
      // With less recall as many rows more are right among the others, for accuracy; for f1 by its formula.
      const otherFalse = metric === 'f1' ? falseShare(otherRecall) : normalFalse - ((recall - otherRecall) * share) / (1 - share); // prettier-ignore
      const candidate =
        rivalry === 'otherShape'
          ? metric === 'recall'
            ? guess(recall, normalFalse / 2)
            : guess(otherRecall, Math.max(0, otherFalse))
          : rivalry === 'better'
            ? guess(0.85, normalFalse * 0.6)
            : guess(recall, normalFalse);
      return [same(label), { candidate, champion: guess(recall, normalFalse) }];
    },
  };
}

/** Scores of two classes, normal in each: auc Φ(1 / √2) = 0.76; the other shape has twice the spread among class 1. */
function scores(name: string, share: number): Scenario {
  return {
    name,
    metrics: ['auc'],
    hasOtherShape: true,
    draw(rows, rivalry, _metric, random) {
      const label = Float64Array.from({ length: rows }, () => (uniform(random) < share ? 1 : 0));
      const score = (distance: number, spread: number) =>
        label.map((truth) => (truth === 1 ? distance + spread * normal(random) : normal(random)));
      const candidate = rivalry === 'otherShape' ? score(Math.sqrt(2.5), 2) : score(rivalry === 'better' ? 1.7 : 1, 1);
      return [same(label), { candidate, champion: score(1, 1) }];
    },
  };
}

function same(label: Float64Array): PairedColumn {
  return { candidate: label, champion: label };
}

export const scenarios: readonly Scenario[] = [
  ...(Object.keys(shapes) as Array<keyof typeof shapes>).map(errors),
  classes('a third positive', 1 / 3),
  classes('rare positives', 0.05),
  scores('a third positive', 1 / 3),
  scores('rare positives', 0.05),
];
