import assert from 'node:assert/strict';
import { proportionInterval } from '../../../tasks/Evaluate/confidence/proportion';

/** From scipy.stats.beta.ppf, as statsmodels' proportion_confint(method="beta") uses it. */
const reference: Array<[hits: number, rows: number, level: number, lower: number, upper: number]> = [
  [12, 12, 0.95, 0.7353515306029488, 1.0],
  [0, 10, 0.95, 0.0, 0.3084971078187607],
  [90, 100, 0.95, 0.8237774022599773, 0.9509953107785141],
  [90, 100, 0.99, 0.7980464792186559, 0.9618043467949184],
  [1, 30, 0.9, 0.001708315644465734, 0.14859606865911312],
  [999500, 1000000, 0.95, 0.9994542032343459, 0.9995428618514415],
  [1, 1, 0.95, 0.025000000000000022, 1.0],
  [450, 500, 0.999, 0.8487274533588598, 0.9389173099670622],
];

describe('Evaluate: the interval of a proportion', () => {
  for (const [hits, rows, level, lower, upper] of reference) {
    it(`is that of scipy for ${hits} of ${rows} at ${level}`, () => {
      const found = proportionInterval(hits, rows, level);
      assert.ok(Math.abs(found[0] - lower) < 1e-9, `${found[0]} is not ${lower}`);
      assert.ok(Math.abs(found[1] - upper) < 1e-9, `${found[1]} is not ${upper}`);
    });
  }
});
