import {
  accuracyOf,
  averageScore,
  balancedAccuracyOf,
  kappaOf,
  matthewsOf,
  scoreOfClass,
  type Confusion,
} from '../../tasks/Evaluate/confidence/confusionMetric';
import type { Random } from '../../tasks/Evaluate/confidence/random';
import { same, solved, uniform, type Rivalry, type Scenario } from './scenario';

/** What a metric says of shares of all rows, by which rivals are found that are equal in the long run. */
const inTheLongRun: Readonly<Record<string, (confusion: Confusion) => number>> = {
  accuracy: accuracyOf,
  precision: scoreOfClass('precision', 1),
  balanced_accuracy: balancedAccuracyOf,
  cohen_kappa: kappaOf,
  mcc: matthewsOf,
  precision_macro: averageScore('precision', 'macro'),
  recall_macro: averageScore('recall', 'macro'),
  f1_macro: averageScore('f1', 'macro'),
  f1_weighted: averageScore('f1', 'weighted'),
};

/** How many of class 1, and how many of class 0, are taken for class 1. */
type Rates = readonly [recall: number, falseShare: number];

/** Classifiers of two classes; f1 0.6 of both, but for the better candidate. */
export function twoClasses(name: string, share: number): Scenario {
  // The share of class 0 that is taken for class 1, so that f1 is 0.6 at this recall.
  const falseShare = (recall: number, f1 = 0.6) => ((2 * share * recall) / f1 - share - share * recall) / (1 - share);
  const usual: Rates = [0.7, falseShare(0.7)];
  const valueOf = (metric: string, [recall, wrong]: Rates) =>
    inTheLongRun[metric]!({
      classes: 2,
      counts: Float64Array.of((1 - share) * (1 - wrong), (1 - share) * wrong, share * (1 - recall), share * recall),
    });
  /** Equal in the long run, by answers of another kind. */
  const other = (metric: string): Rates => {
    if (metric === 'recall') return [usual[0], usual[1] / 2];
    if (metric === 'f1') return [0.5, Math.max(0, falseShare(0.5))];
    // With less recall as many rows more are right among the others.
    if (metric === 'accuracy') return [0.5, Math.max(0, usual[1] - (0.2 * share) / (1 - share))];
    const target = valueOf(metric, usual);
    const wrong = solved((rate) => valueOf(metric, [0.5, rate]), target, 0, usual[1]);
    // Where fewer false ones cannot make up for so much: what recall half of them take.
    const half = usual[1] / 2;
    return Number.isNaN(wrong) ? [solved((recall) => valueOf(metric, [recall, half]), target, 0.3, 0.7), half] : [0.5, wrong]; // prettier-ignore
  };
  const others = new Map<string, Rates>();
  const ratesOf = (rivalry: Rivalry, metric: string): Rates => {
    if (rivalry === 'equal') return usual;
    if (rivalry === 'better') return [0.85, usual[1] * 0.6];
    if (!others.has(metric)) others.set(metric, other(metric));
    return others.get(metric)!;
  };
  return {
    name,
    metrics: ['accuracy', 'f1', 'recall', 'precision', 'balanced_accuracy', 'cohen_kappa', 'mcc', 'f1_macro', 'f1_weighted'], // prettier-ignore
    hasOtherShape: true,
    draw(rows, rivalry, metric, random) {
      const label = Float64Array.from({ length: rows }, () => (uniform(random) < share ? 1 : 0));
      const guess = ([positive, negative]: Rates) =>
        label.map((truth) => (uniform(random) < (truth === 1 ? positive : negative) ? 1 : 0));
      const candidate = guess(ratesOf(rivalry, metric));
      return [same(label), { candidate, champion: guess(usual) }];
    },
  };
}

const shares = [0.4, 0.3, 0.2, 0.1];
/** How much more often the other candidate is right about the two frequent classes, or the rare ones where it cannot be otherwise. */
const shift = 0.1;

/** Classifiers of four classes that are right in 7 of 10 rows of each, and else take any other. */
export function fourClasses(): Scenario {
  const usual = [0.7, 0.7, 0.7, 0.7];
  const valueOf = (metric: string, right: readonly number[]) => {
    const counts = new Float64Array(16);
    for (let truth = 0; truth < 4; truth++) {
      for (let said = 0; said < 4; said++) {
        counts[truth * 4 + said] = shares[truth]! * (truth === said ? right[truth]! : (1 - right[truth]!) / 3);
      }
    }
    return inTheLongRun[metric]!({ classes: 4, counts });
  };
  const others = new Map<string, readonly number[]>();
  const rightOf = (rivalry: Rivalry, metric: string): readonly number[] => {
    if (rivalry === 'equal') return usual;
    if (rivalry === 'better') return [0.8, 0.8, 0.8, 0.8];
    if (!others.has(metric)) {
      const frequent = 0.7 + shift;
      const rare = solved((right) => valueOf(metric, [frequent, frequent, right, right]), valueOf(metric, usual), 0, 0.7); // prettier-ignore
      others.set(metric, [frequent, frequent, rare, rare]);
    }
    return others.get(metric)!;
  };
  const classOf = (random: Random) => {
    const drawn = uniform(random);
    return drawn < 0.4 ? 0 : drawn < 0.7 ? 1 : drawn < 0.9 ? 2 : 3;
  };
  return {
    name: 'four classes',
    metrics: ['balanced_accuracy', 'cohen_kappa', 'mcc', 'f1_macro', 'f1_weighted', 'precision_macro', 'recall_macro'],
    hasOtherShape: true,
    draw(rows, rivalry, metric, random) {
      const label = Float64Array.from({ length: rows }, () => classOf(random));
      const guess = (right: readonly number[]) =>
        label.map((truth) => (uniform(random) < right[truth]! ? truth : (truth + 1 + random.below(3)) % 4));
      const candidate = guess(rightOf(rivalry, metric));
      return [same(label), { candidate, champion: guess(usual) }];
    },
  };
}
