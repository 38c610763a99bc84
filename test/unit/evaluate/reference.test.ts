import assert from 'node:assert/strict';
import { discountedGains } from '../../../tasks/Evaluate/confidence/discountedGain';
import { formulaOf } from '../../../tasks/Evaluate/confidence/formulas';
import { mcNemarPValue } from '../../../tasks/Evaluate/confidence/mcNemar';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import type { PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { tailExcess } from '../../../tasks/Evaluate/confidence/errorShape';
import { normalQuantile } from '../../../tasks/Evaluate/confidence/normalQuantile';
import { pseudoValues } from '../../../tasks/Evaluate/confidence/jackknife';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { studentisedInterval } from '../../../tasks/Evaluate/confidence/studentised';
import { swapTest } from '../../../tasks/Evaluate/confidence/randomisation';
// Made by generate.py beside it, with numpy, scipy, scikit-learn and statsmodels.
import reference from './reference/reference.json';

type Name = keyof typeof reference.metrics;

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected} within ${tolerance}`,
  );

function metricOf(name: Name): PairedMetric {
  const table = reference.metrics[name].table as keyof typeof reference.data;
  const { label, candidate, champion } = reference.data[table];
  const classes = new ClassDictionary();
  const isClass = table === 'classes' || table === 'many';
  const column = (values: number[]) =>
    Float64Array.from(values, (value) => (isClass ? classes.code(String(value)) : value));
  const metric = formulaOf(name).build(
    [
      { candidate: column(label), champion: column(label) },
      { candidate: column(candidate), champion: column(champion) },
    ],
    classes,
  );
  assert.ok(!('why' in metric));
  return metric;
}

describe('Evaluate: statistics as scipy, scikit-learn and statsmodels have them', () => {
  it('draws the numbers of xoshiro128**', () => {
    const random = new Random(20);
    assert.deepEqual(
      reference.firstNumbers.map(() => random.next()),
      reference.firstNumbers,
    );
  });

  for (const name of Object.keys(reference.metrics) as Name[]) {
    const expected = reference.metrics[name];

    it(`${name}: both models' values, the standard error and the interval by the same draws`, async () => {
      const metric = metricOf(name);
      const [candidate, champion] = metric.values(new Uint8Array(metric.rows).fill(1));
      close(candidate, expected.candidate);
      close(champion, expected.champion);
      const values = await pseudoValues(metric, (own, other) => own - other);
      const { lower, upper, standardError } = studentisedInterval(candidate - champion, values, 0.95);
      close(standardError, expected.standardError, 1e-8);
      close(lower, expected.interval95[0]!, 1e-8);
      close(upper, expected.interval95[1]!, 1e-8);
    });

    it(`${name}: the randomisation test as scipy.stats.permutation_test has it, but for chance`, async () => {
      const metric = metricOf(name);
      const { pValue } = await swapTest(metric, new Float64Array(0), 4999);
      const expectedP = expected.permutationPValue;
      // Four standard errors of both numbers of resamples.
      const tolerance = 4 * Math.sqrt(expectedP * (2 / 4999 + 2 / 9999)) + 0.0006;
      assert.ok(Math.abs(pValue - expectedP) <= tolerance, `${pValue} is not ${expectedP} within ${tolerance}`);
    });
  }

  it("auc: the standard error is DeLong's within 2 %", async () => {
    const values = await pseudoValues(metricOf('auc'), (own, other) => own - other);
    const { standardError } = studentisedInterval(0, values, 0.95);
    assert.ok(Math.abs(standardError / reference.deLongStandardError - 1) < 0.02);
  });

  it('ndcg: of queries with ties, whole and of the first five', () => {
    const { query, label, score, all, five } = reference.ndcg;
    const mean = (depth?: number) => {
      const [queries, relevance, scores] = [query, label, score].map((each) => Float64Array.from(each)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
      const gains = discountedGains(queries, relevance, scores, depth);
      return gains.reduce((sum, value) => sum + value, 0) / gains.length;
    };
    close(mean(), all);
    close(mean(5), five);
  });

  it('the quantiles of the normal distribution', () => {
    for (const [level, quantile] of reference.normalQuantiles) close(normalQuantile(level!), quantile!);
  });

  it("how much longer one model's tail is than the other's, by Geary's kurtosis", () => {
    const { label, candidate, champion } = reference.data.regression;
    const squares = (values: number[]) => Float64Array.from(values, (value, row) => (value - label[row]!) ** 2);
    close(tailExcess(squares(candidate), squares(champion)), reference.tailExcess, 1e-6);
    const doubled = squares(candidate).map((value) => 2 * value);
    assert.equal(tailExcess(squares(candidate), doubled), 0);
  });

  it("McNemar's exact test, from no row to two hundred thousand", () => {
    for (const { onlyFirst, onlySecond, statsmodels, scipy } of reference.mcNemar) {
      const pValue = mcNemarPValue(onlyFirst, onlySecond);
      for (const expected of [statsmodels, scipy]) {
        assert.ok(Math.abs(pValue - expected) <= 1e-9 * expected, `${onlyFirst}, ${onlySecond}: ${pValue}`);
      }
    }
  });
});
