import assert from 'node:assert/strict';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { correctCells, formulaOf, isAccuracy, isOwnColumn } from '../../../tasks/Evaluate/confidence/formulas';
import type { PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';

type Cells = ReadonlyArray<string | number>;

/** What the formula makes of these columns, in the order in which it asks for them: a label is both models'. */
function builtOf(metric: string, label: Cells, candidate: Cells, champion?: Cells, query?: Cells) {
  const classes = new ClassDictionary();
  const formula = formulaOf(metric);
  const columns = formula.columns.map(({ role, as }) => {
    const read = (cells: Cells) => Float64Array.from(cells, (cell) => (as === 'class' ? classes.code(String(cell)) : Number(cell))); // prettier-ignore
    const [own, theirs] = role === 'label' ? [label, label] : role === 'own' ? [query!, query!] : [candidate, champion];
    return { candidate: read(own), champion: champion && read(theirs!) };
  });
  return formula.build(columns, classes);
}

function metricOf(...given: Parameters<typeof builtOf>): PairedMetric {
  const built = builtOf(...given);
  assert.ok(!('why' in built), JSON.stringify(built));
  return built;
}

const whole = (metric: PairedMetric) => metric.values(new Uint8Array(metric.rows).fill(1));
const whyNot = (...given: Parameters<typeof builtOf>) => {
  const built = builtOf(...given);
  assert.ok('why' in built);
  return built.why;
};

const numbers: Tables = [
  [3, 0, -2, 4],
  [2.5, 0, -3, 8],
  [3, 1, -1, 5],
];
const binary: Tables = [
  [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  [1, 1, 0, 1, 1, 0, 0, 0, 0, 0],
  [1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
];
/** A class that is only said, and one that the candidate never says. */
const letters: Tables = [[...'aaaabbbcc'], [...'aaabbbccd'], [...'abcdabcab']];
const scores: Tables = [
  [1, 1, 0, 0, 0],
  [0.9, 0.4, 0.4, 0.1, 0],
  [1, 0, 0.7, 0.2, 0.3],
];
type Tables = [label: Cells, candidate: Cells, champion: Cells];

/** By scikit-learn 1.9: sklearn.metrics' function of that name, with zero_division=0. */
const table: Array<[metric: string, rows: Tables, candidate: number, champion: number]> = [
  ['rmse', numbers, 2.0766559657295187, 0.8660254037844386],
  ['mse', numbers, 4.3125, 0.75],
  ['mae', numbers, 1.375, 0.75],
  // A label of 0 is the machine epsilon.
  ['mape', numbers, 0.41666666666666663, 1125899906842624],
  ['smape', numbers, 0.31212121212121213, 0.7222222222222222],
  ['r2', numbers, 0.2417582417582418, 0.8681318681318682],
  ['quantile_loss', numbers, 0.6875, 0.375],
  ['pinball_loss_0.9', numbers, 0.4375, 0.075],
  ['mean_pinball_loss_0.9', numbers, 0.4375, 0.075],
  ['quantile_loss_0.95', numbers, 0.40625, 0.0375],
  ['accuracy', binary, 0.7, 0.7],
  ['precision', binary, 0.5, 0.5],
  ['recall', binary, 2 / 3, 1 / 3],
  ['f1', binary, 4 / 7, 0.4],
  ['selection_rate', binary, 0.4, 0.2],
  ['false_positive_rate', binary, 2 / 7, 1 / 7],
  ['balanced_accuracy', binary, 0.6904761904761905, 0.5952380952380952],
  ['cohen_kappa', binary, 0.34782608695652173, 0.21052631578947367],
  ['mcc', binary, 0.3563483225498992, 0.2182178902359924],
  ['precision_macro', letters, 0.5416666666666666, 0.16666666666666666],
  ['precision_weighted', letters, 0.7777777777777778, 0.25925925925925924],
  ['precision_micro', letters, 2 / 3, 2 / 9],
  ['recall_macro', letters, 0.47916666666666663, 0.14583333333333331],
  ['recall_weighted', letters, 2 / 3, 2 / 9],
  ['f1_macro', letters, 0.5059523809523809, 0.15476190476190477],
  ['f1_weighted', letters, 0.7142857142857143, 0.23809523809523808],
  ['balanced_accuracy', letters, 0.6388888888888888, 0.19444444444444442],
  ['cohen_kappa', letters, 0.5178571428571428, -0.125],
  ['mcc', letters, 0.5280588545286915, -0.1274624821276152],
  ['auc', scores, 0.9166666666666667, 0.5],
  ['pr_auc', scores, 0.8333333333333333, 0.7],
  // A probability of 0 or 1 is kept the machine epsilon away from it.
  ['log_loss', scores, 0.3275674773911597, 7.5654889377392065],
  ['brier', scores, 0.108, 0.324],
];

/** Of three queries, one of which has nothing relevant, with ties. */
const query = [...'aaabbcccc'];
const gains: Tables = [
  [3, 0, 1, 0, 0, 0, 2, 1, 1],
  [0.1, 0.9, 0.5, 0.3, 0.1, 0.5, 0.5, 0.2, 0.9],
  [0.9, 0.1, 0.5, 0.3, 0.1, 0.1, 0.8, 0.3, 0.3],
];

const close = (found: number, expected: number, what: string) =>
  assert.ok(Math.abs(found - expected) <= 1e-12 * Math.max(1, Math.abs(expected)), `${what}: ${found}`);

describe('Evaluate: what a metric of this name is', () => {
  for (const [metric, [label, candidate, champion], own, theirs] of table) {
    it(`${metric} of ${label.length} rows, as scikit-learn has it`, () => {
      const [first, second] = whole(metricOf(metric, label, candidate, champion));
      close(first, own, 'candidate');
      close(second, theirs, 'champion');
      const [single, none] = whole(metricOf(metric, label, candidate));
      close(single, own, 'candidate by itself');
      assert.ok(Number.isNaN(none), 'without a champion there is no value of one');
    });
  }

  for (const [metric, own, theirs] of [
    ['ndcg', 0.4683480707799754, 2 / 3],
    ['ndcg@1', 1 / 6, 2 / 3],
    ['ndcg_at_2', 0.2645571920518352, 2 / 3],
    ['NDCG_score', 0.4683480707799754, 2 / 3],
    ['ndcg2', 0.2645571920518352, 2 / 3],
  ] as const) {
    it(`${metric} is the mean of its queries', as scikit-learn has it`, () => {
      const metricOfQueries = metricOf(metric, ...gains, query);
      assert.equal(metricOfQueries.rows, 3);
      const [first, second] = whole(metricOfQueries);
      close(first, own, 'candidate');
      close(second, theirs, 'champion');
      assert.ok(Number.isNaN(whole(metricOf(metric, gains[0], gains[1], undefined, query))[1]));
    });
  }

  it('goes by the names that scikit-learn and MLflow give it, however they are written', () => {
    for (const [name, ...others] of [
      ['rmse', 'RMSE', 'root_mean_squared_error', 'Root Mean Squared Error'],
      ['mse', 'mean_squared_error'],
      ['mae', 'mean_absolute_error', 'mean-absolute-error'],
      ['mape', 'mean_absolute_percentage_error'],
      ['r2', 'r2_score', 'R2'],
      ['accuracy', 'accuracy_score'],
      ['auc', 'roc_auc', 'roc_auc_score'],
      ['pr_auc', 'average_precision', 'average_precision_score'],
      ['brier', 'brier_score', 'brier_score_loss'],
      ['log_loss', 'logloss', 'LogLoss'],
    ] as const) {
      for (const other of others) assert.equal(formulaOf(other), formulaOf(name), other);
    }
    for (const [name, rows] of [['f1_score', binary], ['f1_score_macro', letters], ['balanced_accuracy_score', letters], ['kappa', letters], ['cohen_kappa_score', letters], ['matthews_corrcoef', letters], ['true_positive_rate', binary]] as const) {
      const plain = { true_positive_rate: 'recall', kappa: 'cohen_kappa', matthews_corrcoef: 'mcc' }[name as string] ?? name.replace('_score', ''); // prettier-ignore
      assert.deepEqual(whole(metricOf(name, ...rows)), whole(metricOf(plain, ...rows)), name);
    }
  }); // prettier-ignore

  it('is the mean of the column that is called like it, where no formula is', () => {
    for (const [metric, isOwn] of [
      ['profit', true],
      ['my_quantile_loss', true],
      ['quantile_loss_9', true],
      ['my ndcg', true],
      ['ndcg_5_top', true],
      ['toString', true],
      ['rmse', false],
      ['ndcg', false],
      ['quantile_loss', false],
    ] as const) {
      assert.equal(isOwnColumn(metric), isOwn, metric);
    }
    assert.deepEqual(formulaOf('Profit 1').columns, [{ role: 'own', name: 'Profit 1', as: 'number' }]);
    const built = formulaOf('profit').build([{ candidate: Float64Array.of(1, 3), champion: Float64Array.of(2, 6) }], new ClassDictionary()); // prettier-ignore
    assert.ok(!('why' in built));
    assert.deepEqual(whole(built), [2, 4]);
  });

  it('asks for the columns that it is computed of', () => {
    const asked = (metric: string) => formulaOf(metric).columns.map(({ role, name, as }) => `${name ?? role} ${as}`);
    for (const [metric, ...columns] of [
      ['rmse', 'label number', 'prediction number'],
      ['r2', 'label number', 'prediction number'],
      ['accuracy', 'label class', 'prediction class'],
      ['f1', 'label class', 'prediction class'],
      ['f1_macro', 'label class', 'prediction class'],
      ['auc', 'label number', 'score number'],
      ['log_loss', 'label number', 'score number'],
      ['ndcg', 'label number', 'score number', 'query class'],
    ] as const) {
      assert.deepEqual(asked(metric), columns, metric);
    }
  });

  it('is accuracy by either name, and by no other', () => {
    assert.deepEqual(['accuracy', 'accuracy_score', 'balanced_accuracy', 'f1'].map(isAccuracy), [true, true, false, false]); // prettier-ignore
  });

  it('counts no class that neither the rows nor this model name', () => {
    const [label, candidate, champion] = letters;
    const other = champion.map((each, row) => (row === 0 ? 'only the champion' : each));
    for (const metric of ['f1_macro', 'precision_macro', 'recall_macro', 'balanced_accuracy']) {
      const [expected] = whole(metricOf(metric, label, candidate, champion));
      assert.equal(whole(metricOf(metric, label, candidate, other))[0], expected, metric);
    }
  });

  it('is no correlation where all rows are said to be of one class, as scikit-learn has it', () => {
    assert.deepEqual(whole(metricOf('mcc', [0, 1, 1], [1, 1, 1], [0, 0, 0])), [0, 0]);
  });

  it('takes true and false, and 1.0 and 0.0, for the classes 1 and 0', () => {
    const [label, candidate, champion] = binary;
    const words = (cells: Cells) => cells.map((cell) => (cell ? 'True' : 'false'));
    const decimals = (cells: Cells) => cells.map((cell) => `${cell}.0`);
    for (const metric of ['f1', 'recall', 'false_positive_rate', 'selection_rate']) {
      const expected = whole(metricOf(metric, label, candidate, champion));
      assert.deepEqual(whole(metricOf(metric, words(label), candidate, decimals(champion))), expected, metric);
    }
  });
});

describe('Evaluate: rows that a metric does not fit', () => {
  for (const [metric, label, candidate, champion, why] of [
    ['f1', ['cat', 'dog'], ['dog', 'dog'], undefined, 'f1 is computed for the classes 0 and 1 (or false and true) only, not for cat, dog; for several classes write f1_macro or f1_weighted'],
    ['recall', [0, 1], [0, 1], [0, 'maybe'], 'recall is computed for the classes 0 and 1 (or false and true) only, not for 0, 1, maybe; for several classes write recall_macro or recall_weighted'],
    ['selection_rate', [...'abcdef'], [...'abcdef'], undefined, 'selection_rate is computed for the classes 0 and 1 (or false and true) only, not for a, b, c, d, e, …'],
    ['false_positive_rate', [...'abcde'], [...'abcde'], undefined, 'false_positive_rate is computed for the classes 0 and 1 (or false and true) only, not for a, b, c, d, e'],
    ['precision', [0, 0], [0, 0], undefined, 'precision is computed for the classes 0 and 1 (or false and true) only, not for 0; for several classes write precision_macro or precision_weighted'],
    ['auc', [0, 1, 2], [0, 0, 0], undefined, 'auc needs labels of 0 and 1, but one is 2'],
    ['pr_auc', [0, 1, -1], [0, 0, 0], undefined, 'average precision needs labels of 0 and 1, but one is -1'],
    ['log_loss', [0, 0.5], [0, 0], undefined, 'log loss needs labels of 0 and 1, but one is 0.5'],
    ['log_loss', [0, 1], [0, 1.5], undefined, 'log loss needs scores between 0 and 1, but one is 1.5'],
    ['brier', [0, 1], [0, 1], [0, -0.1], 'brier score needs scores between 0 and 1, but one is -0.1'],
    ['f1_macro', Array.from({ length: 101 }, (_, code) => code), Array.from({ length: 101 }, () => 0), undefined, 'there are 101 classes, and this metric can be judged for at most 100; accuracy has no such limit'],
  ] as Array<[string, Cells, Cells, Cells | undefined, string]>) {
    it(`${why.slice(0, 90)}: ${metric}`, () => assert.equal(whyNot(metric, label, candidate, champion), why));
  } // prettier-ignore

  it('a label of a query below 0', () => {
    assert.equal(whyNot('ndcg', [1, -1], [0, 1], undefined, ['a', 'a']), 'ndcg needs labels of 0 and above, but one is -1'); // prettier-ignore
  });

  it('are none with a hundred classes', () => {
    const all = Array.from({ length: 100 }, (_, code) => code);
    assert.deepEqual(whole(metricOf('f1_macro', all, all)), [1, NaN]);
  });
});

describe('Evaluate: what a metric rests on', () => {
  for (const [metric, [label, candidate, champion], rarest] of [
    ['rmse', numbers, undefined],
    ['accuracy', binary, undefined],
    ['f1', binary, { what: 'rows of class 1', count: 3 }],
    ['recall', binary, { what: 'rows of class 1', count: 3 }],
    ['false_positive_rate', binary, { what: 'rows of class 0', count: 7 }],
    // A class that is only said has no rows that could be too few.
    ['f1_macro', letters, { what: 'rows of the rarest class', count: 2 }],
    ['f1_macro', binary, { what: 'rows of the rarest class', count: 3 }],
    ['auc', scores, { what: 'rows of class 1', count: 2 }],
    ['auc', [[1, 1, 1, 0], [0, 1, 2, 3], [3, 2, 1, 0]], { what: 'rows of class 0', count: 1 }],
    ['pr_auc', [[1, 1, 0, 0], [0, 1, 2, 3], [3, 2, 1, 0]], { what: 'rows of class 0', count: 2 }],
  ] as Array<[string, Tables, PairedMetric['rarest']]>) {
    it(`${metric} of ${label.join(', ')}: ${rarest ? `${rarest.count} ${rarest.what}` : 'all rows alike'}`, () =>
      assert.deepEqual(metricOf(metric, label, candidate, champion).rarest, rarest));
  } // prettier-ignore

  it('is the row’s own value where it is a mean over rows', () => {
    const values = (metric: string, rows: Tables) => metricOf(metric, ...rows).rowValues?.map((each) => [...each]);
    assert.deepEqual(values('mae', numbers), [[0.5, 0, 1, 4], [0, 1, 1, 1]]);
    assert.deepEqual(values('rmse', numbers), [[0.25, 0, 1, 16], [0, 1, 1, 1]]);
    assert.deepEqual(values('r2', numbers), [[0.25, 0, 1, 16], [0, 1, 1, 1]]);
    assert.deepEqual(values('accuracy', [[1, 0], [1, 1], [0, 0]]), [[1, 0], [0, 1]]);
    for (const metric of ['f1', 'auc']) assert.equal(values(metric, metric === 'f1' ? binary : scores), undefined);
  }); // prettier-ignore

  it('tells of each row which of the two is right', () => {
    const label = Float64Array.of(1, 1, 1, 1);
    const prediction = { candidate: Float64Array.of(1, 0, 1, 0), champion: Float64Array.of(1, 1, 0, 0) };
    assert.deepEqual([...correctCells(label, prediction)], [3, 2, 1, 0]);
    assert.deepEqual([...correctCells(label, { candidate: prediction.candidate })], [1, 0, 1, 0]);
  });
});
