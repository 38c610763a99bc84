import assert from 'node:assert/strict';
import { Latencies } from '../../../tasks/TestEndpoint/load/latencies';

describe('latencies', () => {
  it('are kept to the microsecond below two milliseconds, and to three digits above', () => {
    for (const value of [0.001, 0.123, 0.999, 1.234, 1.999, 12.34, 123.4, 9999, 3_599_000]) {
      const latencies = new Latencies();
      latencies.record(value);
      const { min, max, mean, percentile } = latencies.figures(1);
      for (const found of [min, max, mean, percentile(50)])
        assert.ok(Math.abs(found - value) <= Math.max(1e-9, value >= 2 ? value * 0.001 : 0), `${found} for ${value}`);
    }
  });

  it('take the same memory for a million requests as for one', () => {
    const latencies = new Latencies();
    latencies.record(1);
    const before = latencies.bytes;
    for (let n = 0; n < 1_000_000; n++) latencies.record((n % 50_000) / 7, n % 1000 === 0 ? '503' : undefined);
    assert.equal(latencies.bytes, before);
    assert.ok(before < 200_000, `${before} bytes`);
    assert.deepEqual(latencies.errorKinds, { 503: 1000 });
    const figures = latencies.figures(10);
    assert.deepEqual([figures.requests, figures.errors, figures.perSecond], [1_000_001, 1000, 99_900.1]);
    for (const percent of [1, 50, 99, 99.9]) {
      const truth = (percent / 100) * (50_000 / 7);
      assert.ok(Math.abs(figures.percentile(percent) / truth - 1) < 0.002, `p${percent}`);
    }
  });

  it('of no request are not numbers, so that no threshold holds', () => {
    const { mean, max, percentile } = new Latencies().figures(1);
    assert.deepEqual([mean, max, percentile(95)], [NaN, NaN, NaN]);
  });

  it('hold no value back that is out of range', () => {
    const latencies = new Latencies();
    latencies.record(0);
    latencies.record(-5);
    latencies.record(1e9);
    assert.equal(latencies.figures(1).requests, 3);
    assert.ok(latencies.figures(1).max >= 3_500_000);
  });
});
