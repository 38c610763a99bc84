import assert from 'node:assert/strict';
import sinon from 'sinon';
import { generateLoad, type LoadPlan } from '../../../tasks/TestEndpoint/load/loadGenerator';
import { service, VirtualTime } from './virtualTime';

/** A load test whose true latencies are known beforehand, to the microsecond. */
describe('load generator, in virtual time', () => {
  let time: VirtualTime;
  beforeEach(() => (time = new VirtualTime()).install());
  afterEach(() => sinon.restore());

  async function load(answer: Parameters<typeof service>[1], plan: Partial<LoadPlan>) {
    const served = service(time, answer);
    const url = new URL('http://service/score');
    const result = await time.until(
      generateLoad(
        {
          requests: [{ url, method: 'POST', headers: {}, body: Buffer.from('{}') }],
          connections: 4,
          durationMs: 10_000,
          warmUpMs: 0,
          drainMs: 5_000,
          ...plan,
        },
        served.connection,
        new AbortController().signal,
      ),
    );
    return { ...result, served, figures: result.latencies.figures(result.seconds) };
  }

  /** The percentile by its definition, of all values. */
  const percentile = (values: number[], percent: number) =>
    [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)]!;

  /** What each request of an open loop waits: it is due at its time, and is sent when one of the connections is free. */
  function trueLatencies(
    count: number,
    interval: number,
    connections: number,
    answeredAt: (n: number, sent: number) => number,
  ) {
    const end = 10_000;
    const free = new Array<number>(connections).fill(0);
    return Array.from({ length: count }, (_, n) => {
      const due = n * interval;
      const first = free.indexOf(Math.min(...free));
      const sent = Math.max(due, free[first]!);
      // What finds no connection until the end is not sent, and waited until the last answer.
      if (sent < end) free[first] = answeredAt(n, sent);
      return (sent < end ? free[first]! : Math.max(...free)) - due;
    });
  }

  /** HdrHistogram keeps three digits; the loop looks each 0.02 ms at what is due. */
  function assertNear(actual: number, expected: number, what: string): void {
    assert.ok(
      Math.abs(actual - expected) <= 0.05 + expected * 0.002,
      `${what} is ${actual} ms, in truth ${expected} ms`,
    );
  }

  const open: Array<[string, { rate: number; connections: number }, (n: number, sent: number) => number]> = [
    ['an even service', { rate: 100, connections: 4 }, (_, sent) => sent + 5],
    ['a service below a millisecond', { rate: 200, connections: 4 }, (n, sent) => sent + 0.3 + (n % 10) * 0.05],
    [
      '1 % of answers that come 100 ms late',
      { rate: 500, connections: 100 },
      (n, sent) => sent + (n % 100 === 7 ? 102 : 2),
    ],
    ['a stall of 2 s', { rate: 100, connections: 4 }, (_, sent) => (sent >= 4000 && sent < 6000 ? 6000 : sent) + 5],
    [
      'a stall of 2 s, with connections to spare',
      { rate: 100, connections: 500 },
      (_, sent) => (sent >= 4000 && sent < 6000 ? 6000 : sent) + 5,
    ],
    ['a service that is too slow for the rate', { rate: 100, connections: 1 }, (_, sent) => sent + 12],
  ];
  for (const [what, plan, answeredAt] of open) {
    it(`reports ${what} at a constant rate as it is`, async () => {
      const expected = trueLatencies(plan.rate * 10, 1000 / plan.rate, plan.connections, answeredAt);
      const { figures, latencies } = await load((n, sent) => ({ at: answeredAt(n, sent) }), plan);
      assert.equal(figures.requests, plan.rate * 10);
      assert.deepEqual(latencies.errorKinds, plan.connections === 1 ? { 'not sent': 166 } : {});
      for (const percent of [1, 25, 50, 75, 90, 95, 98.5, 99.05, 99.55, 99.85])
        assertNear(figures.percentile(percent), percentile(expected, percent), `p${percent}`);
      assertNear(figures.max, Math.max(...expected), 'max');
      assertNear(figures.mean, expected.reduce((sum, each) => sum + each) / expected.length, 'mean');
    });
  }

  it('reports each answer of a closed loop as it is', async () => {
    const sent: number[] = [];
    const { figures } = await load((n, now) => {
      const takes = n % 100 === 7 ? 100 : 2 + (n % 7) / 10;
      sent.push(takes);
      return { at: now + takes };
    }, {});
    assert.equal(figures.requests, sent.length);
    for (const percent of [10, 50, 90, 99, 99.9])
      assertNear(figures.percentile(percent), percentile(sent, percent), `p${percent}`);
    // 4 connections, each busy all the time with answers of 3.28 ms on average.
    const busy = sent.reduce((sum, each) => sum + each) / sent.length;
    assert.ok(Math.abs(figures.perSecond / (4000 / busy) - 1) < 0.01, `${figures.perSecond}/s`);
  });

  it('shows a stall only in the maximum of a closed loop', async () => {
    const stall = (sent: number) => (sent >= 4000 && sent < 6000 ? 6000 : sent) + 5;
    const { figures } = await load((_, sent) => ({ at: stall(sent) }), {});
    assertNear(figures.percentile(99), 5, 'p99');
    assertNear(figures.max, 2005, 'max');
  });

  it('ends with its last answer, and counts throughput over the time that it lasted', async () => {
    const { figures, seconds } = await load((_, sent) => ({ at: sent + 1 }), { rate: 50, durationMs: 1000 });
    assert.deepEqual([seconds, figures.perSecond], [1, 50]);
    assert.ok(Math.abs(time.now - 981) < 0.1, 'nothing is waited for once the last answer is in');
  });

  it('waits for slow answers after the end, and takes none of them for an error', async () => {
    const { figures, latencies } = await load((_, sent) => ({ at: sent + 8000 }), {
      durationMs: 5000,
      drainMs: 60_000,
    });
    assert.deepEqual([figures.requests, latencies.errorKinds], [4, {}]);
    assertNear(figures.max, 8000, 'max');
  });

  it('counts no request of the warm-up, and none of its backlog', async () => {
    // In the warm-up the service takes a second for an answer: most of what was due then was never sent.
    const { figures, seconds, served } = await load((_, sent) => ({ at: sent < 1500 ? sent + 1000 : sent + 1 }), {
      rate: 100,
      warmUpMs: 2000,
      durationMs: 3000,
      drainMs: 500,
    });
    assert.deepEqual([figures.requests, seconds], [100, 1]);
    assert.equal(served.requests, 108, 'two on each connection in the warm-up, and those that count');
    assert.ok(figures.percentile(50) < 2, `p50 is ${figures.percentile(50)} ms`);
  });

  it('ends with its duration and one request, however much is due', async () => {
    const { latencies } = await load((_, sent) => ({ at: sent + 700 }), {
      rate: 5000,
      connections: 200,
      warmUpMs: 400,
      durationMs: 2000,
      drainMs: 60_000,
    });
    assert.ok(time.now <= 2700.1, `it ended after ${time.now} ms`);
    assert.equal(latencies.requests, latencies.errors + 400, 'two rounds count, and what was due without being sent');
    assert.deepEqual(Object.keys(latencies.errorKinds), ['not sent']);
  });

  it('measures a service that is slower than the warm-up, and than the whole load', async () => {
    for (const rate of [undefined, 10]) {
      const { figures } = await load((_, sent) => ({ at: sent + 8000 }), { warmUpMs: 1000, durationMs: 5000, rate });
      assert.ok(figures.requests >= 4);
      assert.ok(figures.max > 4000);
    }
  });

  it('counts what is never answered once, with the time that it waited', async () => {
    const closed = await load(() => ({ at: Infinity }), { connections: 2, durationMs: 1000, drainMs: 500 });
    await time.until(Promise.resolve());
    assert.deepEqual([closed.latencies.requests, closed.latencies.errorKinds], [2, { 'no answer': 2 }]);
    assertNear(closed.latencies.figures(1).min, 1500, 'the wait');
    const open = await load(() => ({ at: Infinity }), { rate: 10, connections: 2, durationMs: 500, drainMs: 100 });
    await time.until(new Promise((resolve) => setImmediate(() => setImmediate(resolve as () => void))));
    assert.deepEqual([open.latencies.requests, open.latencies.errorKinds], [5, { 'not sent': 3, 'no answer': 2 }]);
  });

  it('counts errors by their status, and not as throughput', async () => {
    const { figures, latencies } = await load((n, sent) => ({ at: sent + 1, status: [200, 503, 204, 429][n % 4] }), {
      rate: 40,
      durationMs: 1000,
    });
    assert.deepEqual(latencies.errorKinds, { 503: 10, 429: 10 });
    assert.deepEqual([figures.errors, figures.perSecond], [20, 20]);
  });
});
