import {
  accuracyOf,
  averageScore,
  balancedAccuracyOf,
  confusionMetric,
  kappaOf,
  matthewsOf,
  falsePositiveRateOf,
  scoreOfClass,
  selectionRateOf,
  type ClassScore,
  type Confusion,
} from './confusionMetric';
import { discountedGains } from './discountedGain';
import { rarerClass } from './enough';
import { meanMetric, r2Metric, type PairedMetric } from './pairedMetric';
import { areaUnderRoc, averagePrecision, rankMetric, type RankScore } from './rankMetric';
import type { ClassDictionary } from './classDictionary';
import type { ColumnRequest } from './predictionColumns';

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

/** |error| / |label|; a label of 0 counts as the machine epsilon, as scikit-learn has it. */
const mape = meanOf(regression, (label, prediction) => Math.abs(prediction - label) / Math.max(2 ** -52, Math.abs(label))); // prettier-ignore

/** 2 |error| / (|label| + |prediction|), from 0 to 2; 0 where both are 0. */
const smape = meanOf(regression, (label, prediction) =>
  label === prediction ? 0 : (2 * Math.abs(prediction - label)) / (Math.abs(label) + Math.abs(prediction)),
);

/** The pinball loss of a forecast of a quantile. */
function quantileLoss(quantile: number): Formula {
  return meanOf(regression, (label, prediction) =>
    label >= prediction ? quantile * (label - prediction) : (1 - quantile) * (prediction - label),
  );
}

const labelled = [category('label'), category('prediction')];

const accuracy: Formula = {
  columns: labelled,
  build([label, prediction]) {
    const truth = label!.candidate;
    const right = (said: Float64Array) => said.map((code, row) => (code === truth[row] ? 1 : 0));
    const own = right(prediction!.candidate);
    const theirs = prediction!.champion && right(prediction!.champion);
    const metric = confusionMetric(2, new Float64Array(truth.length).fill(1), own, theirs, accuracyOf);
    return { ...metric, rowValues: [own, theirs ?? own] };
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

const mostClasses = 100;

/** A metric of the confusion matrix of all classes. */
function ofClasses(of: (confusion: Confusion) => number): Formula {
  return {
    columns: labelled,
    build([label, prediction]) {
      const { candidate, champion } = prediction!;
      const codes = new Map<number, number>();
      const compact = (values: Float64Array) =>
        values.map((code) => {
          if (!codes.has(code)) codes.set(code, codes.size);
          return codes.get(code)!;
        });
      const truth = compact(label!.candidate);
      const counts = new Array<number>(codes.size).fill(0);
      for (const code of truth) counts[code]!++;
      const [own, other] = [compact(candidate), champion && compact(champion)];
      if (codes.size > mostClasses) {
        return { why: `there are ${codes.size} classes, and this metric can be judged for at most ${mostClasses}; accuracy has no such limit` }; // prettier-ignore
      }
      const rarest = { what: 'rows of the rarest class', count: Math.min(...counts) };
      return { ...confusionMetric(codes.size, truth, own, other, of), rarest };
    },
  };
}

/** A metric of the class 1 (or true) against 0 (or false). */
function ofPositives(score: string, of: (confusion: Confusion) => number, rarestClass: 0 | 1 = 1, hint = ''): Formula {
  return {
    columns: labelled,
    build([label, prediction], classes) {
      const { candidate, champion } = prediction!;
      const [zero, one] = [classes.find('0'), classes.find('1')];
      const present = new Set([label!.candidate, candidate, champion ?? []].flatMap((values) => [...new Set(values)]));
      const names = [...present].map((code) => classes.names[code]!);
      if (one === undefined || names.some((name) => name !== '0' && name !== '1')) {
        return {
          why: `${score} is computed for the classes 0 and 1 (or false and true) only, not for ${listed(names)}${hint}`,
        };
      }
      const is = (values: Float64Array) => values.map((code) => (code === one && code !== zero ? 1 : 0));
      const truth = is(label!.candidate);
      const count = truth.reduce((sum, value) => sum + (value === rarestClass ? 1 : 0), 0);
      const rarest = { what: `rows of class ${rarestClass}`, count };
      return { ...confusionMetric(2, truth, is(candidate), champion && is(champion), of), rarest };
    },
  };
}

function ofClassOne(score: ClassScore): Formula {
  const hint = `; for several classes write ${score}_macro or ${score}_weighted`;
  return ofPositives(score, scoreOfClass(score, 1), 1, hint);
}

const selectionRate = ofPositives('selection_rate', selectionRateOf);
const falsePositiveRate = ofPositives('false_positive_rate', falsePositiveRateOf, 0);

const ranking = [number('label'), number('score')];

function ofRanking(name: string, of: RankScore): Formula {
  return {
    columns: ranking,
    build([label, score]) {
      const why = notBinary(label!.candidate);
      if (why) return { why: `${name} needs labels of 0 and 1, but ${why}` };
      return rankMetric(Uint8Array.from(label!.candidate), score!.candidate, score!.champion, of);
    },
  };
}

/** A mean over rows of what a probability of class 1 is worth. */
function ofProbability(name: string, perRow: (label: number, score: number) => number): Formula {
  return {
    columns: ranking,
    build([label, score]) {
      const why = notBinary(label!.candidate);
      if (why) return { why: `${name} needs labels of 0 and 1, but ${why}` };
      for (const values of [score!.candidate, score!.champion]) {
        const outside = values?.find((value) => value < 0 || value > 1);
        if (outside !== undefined) return { why: `${name} needs scores between 0 and 1, but one is ${outside}` };
      }
      const of = (values: Float64Array) => values.map((each, row) => perRow(label!.candidate[row]!, each));
      const ones = label!.candidate.reduce((sum, value) => sum + value, 0);
      return {
        ...meanMetric(of(score!.candidate), score!.champion && of(score!.champion)),
        isOfProbabilities: true,
        // A model that finds a class less likely looks better where too few of its rows were drawn.
        rarest: rarerClass(ones, label!.candidate.length),
      };
    },
  };
}

/** Probabilities are kept this far from 0 and 1, as scikit-learn does: the machine epsilon of a double. */
const leastProbability = 2 ** -52;

const logLoss = ofProbability('log loss', (label, score) => {
  const probability = Math.min(1 - leastProbability, Math.max(leastProbability, score));
  return label === 1 ? -Math.log(probability) : -Math.log1p(-probability);
});
const brier = ofProbability('brier score', (label, score) => (score - label) ** 2);
const auc = ofRanking('auc', areaUnderRoc);
const prAuc = ofRanking('average precision', averagePrecision);

/** The mean over queries; what is drawn and compared are queries, not rows. */
function ndcg(depth?: number): Formula {
  return {
    columns: [...ranking, { role: 'own', name: 'query', as: 'class' }],
    build([label, score, query]) {
      const gains = (scores: Float64Array) => discountedGains(query!.candidate, label!.candidate, scores, depth);
      const negative = label!.candidate.find((value) => value < 0);
      if (negative !== undefined) return { why: `ndcg needs labels of 0 and above, but one is ${negative}` };
      return meanMetric(gains(score!.candidate), score!.champion && gains(score!.champion));
    },
  };
}

const averaged = (score: ClassScore, average: 'macro' | 'weighted' | 'micro') => ofClasses(averageScore(score, average)); // prettier-ignore

const byName: Readonly<Record<string, Formula>> = {
  rmse,
  rootmeansquarederror: rmse,
  mse,
  meansquarederror: mse,
  mae,
  meanabsoluteerror: mae,
  mape,
  meanabsolutepercentageerror: mape,
  smape,
  r2,
  r2score: r2,
  accuracy,
  accuracyscore: accuracy,
  balancedaccuracy: ofClasses(balancedAccuracyOf),
  balancedaccuracyscore: ofClasses(balancedAccuracyOf),
  ...Object.fromEntries(
    (['precision', 'recall', 'f1'] as const).flatMap((score): Array<[string, Formula]> => [
      [score, ofClassOne(score)],
      [`${score}score`, ofClassOne(score)],
      ...(['macro', 'weighted', 'micro'] as const).flatMap((average): Array<[string, Formula]> => [
        [`${score}${average}`, averaged(score, average)],
        [`${score}score${average}`, averaged(score, average)],
      ]),
    ]),
  ),
  truepositiverate: ofClassOne('recall'),
  falsepositiverate: falsePositiveRate,
  selectionrate: selectionRate,
  cohenkappa: ofClasses(kappaOf),
  cohenkappascore: ofClasses(kappaOf),
  kappa: ofClasses(kappaOf),
  mcc: ofClasses(matthewsOf),
  matthewscorrcoef: ofClasses(matthewsOf),
  auc,
  rocauc: auc,
  rocaucscore: auc,
  prauc: prAuc,
  averageprecision: prAuc,
  averageprecisionscore: prAuc,
  logloss: logLoss,
  brier,
  brierscore: brier,
  brierscoreloss: brier,
};

/** The formula of a metric of this name; of any other name, the mean of the column that is called like it: losses per row. */
export function formulaOf(metric: string): Formula {
  const name = metric.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (Object.hasOwn(byName, name)) return byName[name]!;
  const quantile = /^(?:mean_)?(?:quantile|pinball)_loss(?:_(0\.\d+))?$/i.exec(metric);
  if (quantile) return quantileLoss(Number(quantile[1] ?? 0.5));
  const depth = /^ndcg(?:score)?(?:at)?(\d*)$/.exec(name);
  if (depth) return ndcg(depth[1] ? Number(depth[1]) : undefined);
  return {
    columns: [{ role: 'own', name: metric, as: 'number' }],
    build: ([value]) => meanMetric(value!.candidate, value!.champion),
  };
}

/** Whether it is the mean of a column of the file's own, of which nothing but the criterion says whether more is better. */
export function isOwnColumn(metric: string): boolean {
  const { columns } = formulaOf(metric);
  return columns.length === 1 && columns[0]!.role === 'own';
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
