import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateLoad, type LoadPlan } from '../../../tasks/TestEndpoint/load/loadGenerator';
import { Client } from '../../../tasks/TestEndpoint/load/undici';

describe('load generator', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function load(listener: RequestListener, plan: Partial<LoadPlan>) {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const request = { url: new URL('/score', origin), method: 'POST', headers: {}, body: Buffer.from('{}') };
    const result = await generateLoad(
      { requests: [request], connections: 4, durationMs: 300, warmUpMs: 0, drainMs: 60_000, ...plan },
      () => new Client(origin),
      new AbortController().signal,
    );
    return { ...result, figures: result.latencies.figures(result.seconds) };
  }
  const answer: RequestListener = (_request, response) => void response.end('[1]');

  it('counts every request that the server got, and none twice', async () => {
    let got = 0;
    const { figures } = await load((request, response) => {
      got++;
      answer(request, response);
    }, {});
    assert.equal(figures.requests, got);
    assert.equal(figures.errors, 0);
  });

  it('reports answers that come late as late', async () => {
    let count = 0;
    let late = 0;
    const { figures } = await load(
      (request, response) => {
        if (++count % 5 !== 0) return answer(request, response);
        late++;
        setTimeout(() => answer(request, response), 100);
      },
      { durationMs: 1000 },
    );
    assert.ok(late > 0);
    const share = (late / count) * 100;
    assert.ok(
      figures.percentile(100 - share / 2) >= 99,
      `the late ${share} % are at ${figures.percentile(100 - share / 2)} ms`,
    );
  });

  /** Answers nothing from the first to the third second after its first request. */
  const stalling = (): RequestListener => {
    let started: number | undefined;
    return (request, response) => {
      started ??= Date.now();
      const passed = Date.now() - started;
      if (passed < 1000 || passed >= 3000) return answer(request, response);
      setTimeout(() => answer(request, response), 3000 - passed);
    };
  };

  it('shows a stall in the percentiles of an open loop', async () => {
    const { figures } = await load(stalling(), { durationMs: 4000, rate: 100 });
    assert.equal(figures.requests, 400);
    // Half of the requests were due within the stall; spread over it evenly, the median of those waited for one second.
    assert.ok(figures.percentile(75) > 500, `p75 is ${figures.percentile(75)} ms`);
    assert.ok(figures.max >= 1900, `max is ${figures.max} ms`);
  }).timeout(15_000);

  it('counts errors by what they were', async () => {
    const did = { answered: 0, refused: 0, broke: 0 };
    const { latencies, figures } = await load((request, response) => {
      const turn = (did.answered + did.refused + did.broke) % 4;
      if (turn === 0) {
        did.broke++;
        request.socket.destroy();
      } else if (turn === 1) {
        did.refused++;
        response.writeHead(503).end();
      } else {
        did.answered++;
        answer(request, response);
      }
    }, {});
    assert.equal(figures.requests, did.answered + did.refused + did.broke);
    const { 503: refused, ...broke } = latencies.errorKinds;
    assert.equal(refused ?? 0, did.refused);
    assert.equal(
      Object.values(broke).reduce((sum, each) => sum + each, 0),
      did.broke,
      JSON.stringify(broke),
    );
    assert.equal(figures.errors, did.refused + did.broke);
  });

  it('counts what was never answered, once', async () => {
    const { figures, latencies } = await load(() => {}, { connections: 2, drainMs: 100 });
    assert.equal(figures.requests, 2);
    assert.deepEqual(latencies.errorKinds, { 'no answer': 2 });
  });
});
