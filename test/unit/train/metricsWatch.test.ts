import assert from 'node:assert/strict';
import sinon from 'sinon';
import { MetricsWatch } from '../../../tasks/Train/metricsWatch';

describe('Train: metrics of the running job', () => {
  it('shows what has changed, and asks less often the longer the job runs', async () => {
    const values: Array<Record<string, number>> = [
      { loss: 2, rate: 0.1 },
      { loss: 1.23456789, rate: 0.1 },
    ];
    let time = 0;
    const run = sinon.spy(async () => ({ metrics: values.shift() ?? { loss: NaN, rate: 0.1 }, params: {}, tags: {} }));
    const info = sinon.spy();
    const clock = { now: () => time, sleep: () => Promise.resolve() };
    const watch = new MetricsWatch({ run }, 'job', { info } as never, clock, new AbortController().signal);
    for (; time < 3600_000; time += 1000) await watch.look();
    assert.deepEqual(
      info.args.map(([text]) => text),
      ['Metrics: loss 2, rate 0.1', 'Metrics: loss 1.23457', 'Metrics: loss NaN'],
    );
    assert.ok(run.callCount <= 90, String(run.callCount));
  });
});
