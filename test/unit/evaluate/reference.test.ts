import assert from 'node:assert/strict';
import { bootstrapInterval } from '../../../tasks/Evaluate/confidence/bootstrap';
import { formulaOf } from '../../../tasks/Evaluate/confidence/formulas';
import { mcNemarPValue } from '../../../tasks/Evaluate/confidence/mcNemar';
import { ClassDictionary } from '../../../tasks/Evaluate/confidence/predictions';
import type { PairedMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { Random } from '../../../tasks/Evaluate/confidence/random';
// Made by generate.py beside it, with numpy, scipy, scikit-learn and statsmodels.
import reference from './reference/reference.json';

type Bounds = [number, number];

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected} within ${tolerance}`,
  );

const tables = {
  rmse: 'regression',
  mse: 'regression',
  mae: 'regression',
  r2: 'regression',
  accuracy: 'classes',
  f1: 'classes',
  auc: 'scores',
  log_loss: 'scores',
} as const;

function metricOf(name: keyof typeof tables): PairedMetric {
  const { label, candidate, champion } = reference.data[tables[name]];
  const classes = new ClassDictionary();
  const isClass = tables[name] === 'classes';
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

  for (const name of Object.keys(tables) as Array<keyof typeof tables>) {
    const expected = reference.metrics[name];

    it(`${name}: both models' values`, () => {
      const metric = metricOf(name);
      const [candidate, champion] = metric.values(new Uint8Array(metric.rows).fill(1));
      close(candidate, expected.candidate);
      close(champion, expected.champion);
    });

    it(`${name}: the interval, on the same draws to the last digits, on scipy's own but for chance`, async () => {
      const metric = metricOf(name);
      const check = async (
        [lower, upper]: Bounds,
        statistic: (candidate: number, champion: number) => number,
        level: number,
      ) => {
        const interval = await bootstrapInterval(metric, statistic, level);
        close(interval.lower, lower);
        close(interval.upper, upper);
        return interval;
      };
      const { difference95, ratio90, alone95 } = expected.sameDraws;
      const difference = await check(difference95 as Bounds, (candidate, champion) => candidate - champion, 0.95);
      await check(ratio90 as Bounds, (candidate, champion) => candidate - 0.98 * champion, 0.9);
      await check(alone95 as Bounds, (candidate) => candidate, 0.95);

      const [lower, upper] = expected.scipyBootstrap95 as Bounds;
      close(difference.lower, lower, 0.08 * (upper - lower));
      close(difference.upper, upper, 0.08 * (upper - lower));
    });
  }

  it("McNemar's exact test, from no row to two hundred thousand", () => {
    for (const { onlyFirst, onlySecond, statsmodels, scipy } of reference.mcNemar) {
      const pValue = mcNemarPValue(onlyFirst, onlySecond);
      for (const expected of [statsmodels, scipy]) {
        assert.ok(Math.abs(pValue - expected) <= 1e-9 * expected, `${onlyFirst}, ${onlySecond}: ${pValue}`);
      }
    }
  });
});
