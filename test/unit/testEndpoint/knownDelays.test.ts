import assert from 'node:assert/strict';
import { delayOf, knownPercentiles } from '../../../bench/load/knownDelays';

describe("the bench's server of known delays", () => {
  it('is as its percentiles say, wherever a run begins and ends', () => {
    for (const [from, to] of [
      [0, 100],
      [33, 1133],
      [7, 777],
    ] as const) {
      const delays = Array.from({ length: to - from }, (_, n) => delayOf(from + n)).sort((a, b) => a - b);
      for (const [name, value] of Object.entries(knownPercentiles))
        assert.equal(
          delays[Math.ceil((Number(name.slice(1)) / 100) * delays.length) - 1],
          value,
          `${name} of ${from}–${to}`,
        );
    }
  });
  it('has no delay of twice the mean, to which wrk would add some of its own', () => {
    const delays = Array.from({ length: 100 }, (_, n) => delayOf(n));
    const mean = delays.reduce((sum, each) => sum + each) / delays.length;
    assert.ok(Math.max(...delays) < 2 * mean);
  });
});
