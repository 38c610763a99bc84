import { aucMetric, cellMetric, meanMetric, r2Metric, type PairedMetric } from './pairedMetric';
import type { ClassDictionary, ColumnRequest } from './predictions';

/** A metric that can be computed from rows. */
export interface Formula {
  readonly columns: readonly ColumnRequest[];
  /** Both models' values of each column, in the order of `columns` and of the same rows; without a champion its are left out. */
  build(columns: readonly PairedColumn[], classes: ClassDictionary): PairedMetric | { readonly why: string };
}

export interface PairedColumn {
  readonly candidate: Float64Array;
  readonly champion?: Float64Array;
}

const number = (role: ColumnRequest['role']): ColumnRequest => ({ role, as: 'number' });
const category = (role: ColumnRequest['role']): ColumnRequest => ({ role, as: 'class' });

/** Mean of a function of label and prediction. */
function meanOf(
  columns: readonly ColumnRequest[],
  perRow: (label: number, value: number) => number,
  after?: (mean: number) => number,
): Formula {
  return {
    columns,
    build([label, value]) {
      const of = (values: Float64Array) => values.map((each, row) => perRow(label!.candidate[row]!, each));
      return meanMetric(of(value!.candidate), value!.champion && of(value!.champion), after);
    },
  };
}

const squared = (label: number, prediction: number) => (prediction - label) ** 2;
const regression = [number('label'), number('prediction')];

const rmse = meanOf(regression, squared, Math.sqrt);
const mse = meanOf(regression, squared);
const mae = meanOf(regression, (label, prediction) => Math.abs(prediction - label));

const r2: Formula = {
  columns: regression,
  build([label, prediction]) {
    const squares = (values: Float64Array) => values.map((value, row) => squared(label!.candidate[row]!, value));
    return r2Metric(label!.candidate, squares(prediction!.candidate), prediction!.champion && squares(prediction!.champion)); // prettier-ignore
  },
};

const accuracy: Formula = {
  columns: [category('label'), category('prediction')],
  build([label, prediction]) {
    const cells = correctCells(label!.candidate, prediction!);
    return cellMetric(cells, 4, ([neither, candidate, champion, both]) => {
      const rows = neither! + candidate! + champion! + both!;
      return [(candidate! + both!) / rows, prediction!.champion ? (champion! + both!) / rows : NaN];
    });
  },
};

/** Of each row: bit 0, the candidate is right; bit 1, the champion is. */
export function correctCells(label: Float64Array, prediction: PairedColumn): Uint8Array {
  const { candidate, champion } = prediction;
  return Uint8Array.from(
    label,
    (truth, row) => (candidate[row] === truth ? 1 : 0) | (champion?.[row] === truth ? 2 : 0),
  );
}

/** 2 TP / (2 TP + FP + FN) of the class 1 (or true) against 0 (or false). */
const f1: Formula = {
  columns: [category('label'), category('prediction')],
  build([label, prediction], classes) {
    const positive = classes.find('1');
    const others = classes.names.filter((name) => name !== '0' && name !== '1');
    if (others.length > 0 || positive === undefined) {
      return {
        why: `f1 is computed for the classes 0 and 1 (or false and true) only, not for ${listed(classes.names)}`,
      };
    }
    const is = (value: number | undefined) => (value === positive ? 1 : 0);
    const { candidate, champion } = prediction!;
    const cells = Uint8Array.from(
      label!.candidate,
      (truth, row) => (is(truth) << 2) | (is(candidate[row]) << 1) | is(champion?.[row]),
    );
    const score = (truePositive: number, falsePositive: number, falseNegative: number) =>
      (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative);
    return cellMetric(cells, 8, (n) => [
      score(n[6]! + n[7]!, n[2]! + n[3]!, n[4]! + n[5]!),
      champion ? score(n[5]! + n[7]!, n[1]! + n[3]!, n[4]! + n[6]!) : NaN,
    ]);
  },
};

const ranking = [number('label'), number('score')];

const auc: Formula = {
  columns: ranking,
  build([label, score]) {
    const why = notBinary(label!.candidate);
    if (why) return { why: `auc needs labels of 0 and 1, but ${why}` };
    return aucMetric(Uint8Array.from(label!.candidate), score!.candidate, score!.champion);
  },
};

/** Probabilities are kept this far from 0 and 1, as scikit-learn does: the machine epsilon of a double. */
const leastProbability = 2 ** -52;

const logLossMean = meanOf(ranking, (label, score) => {
  const probability = Math.min(1 - leastProbability, Math.max(leastProbability, score));
  return label === 1 ? -Math.log(probability) : -Math.log1p(-probability);
});
const logLoss: Formula = {
  columns: ranking,
  build(columns, classes) {
    const [label, score] = columns;
    const why = notBinary(label!.candidate);
    if (why) return { why: `log loss needs labels of 0 and 1, but ${why}` };
    const outside = [score!.candidate, score!.champion ?? []].flatMap((values) => {
      const found = (values as Float64Array).find((value) => value < 0 || value > 1);
      return found === undefined ? [] : [found];
    });
    if (outside.length > 0) return { why: `log loss needs scores between 0 and 1, but one is ${outside[0]}` };
    return logLossMean.build(columns, classes);
  },
};

const byName: Readonly<Record<string, Formula>> = {
  rmse,
  rootmeansquarederror: rmse,
  mse,
  meansquarederror: mse,
  mae,
  meanabsoluteerror: mae,
  r2,
  r2score: r2,
  accuracy,
  accuracyscore: accuracy,
  f1,
  f1score: f1,
  auc,
  rocauc: auc,
  logloss: logLoss,
};

/** The formula of a metric of this name; of any other name, the mean of the column that is called like it: losses per row. */
export function formulaOf(metric: string): Formula {
  const name = metric.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (Object.hasOwn(byName, name)) return byName[name]!;
  return {
    columns: [{ role: 'own', name: metric, as: 'number' }],
    build: ([value]) => meanMetric(value!.candidate, value!.champion),
  };
}

export function isAccuracy(metric: string): boolean {
  return formulaOf(metric) === accuracy;
}

function notBinary(labels: Float64Array): string | undefined {
  const other = labels.find((label) => label !== 0 && label !== 1);
  return other === undefined ? undefined : `one is ${other}`;
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
}
