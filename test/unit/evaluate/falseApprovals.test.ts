import assert from 'node:assert/strict';
import { frequencyOf, upperBound } from '../../../bench/confidence/frequency';
import { scenarios } from '../../../bench/confidence/rivals';

/** A few seeded rows of `npm run confidence`, short; the whole table takes hours. */
describe('Evaluate: confidence of 95% approves an equal model in at most 2.5% of all cases', () => {
  const comparisons = 400;
  for (const [shape, metric, rows] of [
    ['lognormal', 'rmse', 30],
    ['outliers', 'mae', 30],
    ['rare positives', 'auc', 60],
  ] as const) {
    it(`${metric}, ${shape}, ${rows} rows`, async () => {
      const scenario = scenarios.find(({ name, metrics }) => name === shape && metrics.includes(metric))!;
      const { approved } = await frequencyOf(scenario, metric, rows, 'equal', 0.95, comparisons);
      // By a chance of 0.025 more than 20 come in 1 of 1,000 series; the interval of rmse by itself approves about 30.
      assert.ok(approved <= 20, `${approved} of ${comparisons}`);
    });
  }

  it('bounds a share as Clopper and Pearson do', () => {
    assert.ok(Math.abs(upperBound(0, 1000) - (1 - 0.001 ** (1 / 1000))) < 1e-9);
    // scipy.stats.beta.ppf(0.999, 501, 19500)
    assert.ok(Math.abs(upperBound(500, 20_000) - 0.0286) < 2e-4);
  });
});
