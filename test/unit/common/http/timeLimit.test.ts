import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import http, { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sinon from 'sinon';
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { createHttpClient } from '../../../../tasks/common/azure/http/pipeline';

describe('the HTTP client of requests to Azure', () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === '/broken') request.socket.destroy();
      if (request.url === '/well') response.end('well');
      if (request.url === '/slow') response.write('begin');
      if (request.url === '/half') response.write('begin', () => request.socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    sinon.restore();
    server.closeAllConnections();
    server.close();
  });

  const twoTries = { mostTries: 2, clock: { now: () => 0, sleep: () => Promise.resolve() } };
  const send = (path: string, timeout: number, abortSignal?: AbortSignal, isStreamed = false) => {
    const request = {
      url: `${url}${path}`,
      timeout,
      abortSignal,
      allowInsecureConnection: true,
      disableKeepAlive: true,
      streamResponseStatusCodes: isStreamed ? new Set([200]) : undefined,
    };
    return createHttpClient({}, { mostTries: 1 }).sendRequest(createPipelineRequest(request));
  };

  it('leaves no timer behind a request whose connection broke', async () => {
    const [set, cleared] = [sinon.spy(globalThis, 'setTimeout'), sinon.spy(globalThis, 'clearTimeout')];
    await assert.rejects(send('/broken', 300_000), /socket hang up|ECONNRESET/);
    const limits = set.getCalls().filter(({ args }) => args[1] === 300_000);
    assert.equal(limits.length, 1);
    for (const { returnValue } of limits) sinon.assert.calledWith(cleared, returnValue);
  });

  for (const code of ['EPIPE', 'ECONNRESET']) {
    it(`sends again what a closed connection broke off with ${code}`, async () => {
      const { request: original } = http;
      const request = sinon.stub(http, 'request').callsFake((...args: Parameters<typeof http.request>) => {
        const sent = original(...args);
        if (request.callCount === 1) sent.destroy(Object.assign(new Error(`write ${code}`), { code }));
        return sent;
      });
      const client = createHttpClient({}, twoTries);
      const asked = createPipelineRequest({
        url: `${url}/well`,
        allowInsecureConnection: true,
        disableKeepAlive: true,
      });
      const answer = await client.sendRequest(asked);
      assert.deepEqual([answer.bodyAsText, request.callCount], ['well', 2]);
    });
  }

  it('answers', async () => {
    assert.equal((await send('/well', 300_000)).bodyAsText, 'well');
  });

  it('ends a request that is not answered in time', async () => {
    await assert.rejects(send('/silent', 20), { code: 'ETIMEDOUT', message: 'no answer within 0.02 s' });
  });

  for (const path of ['/silent', '/slow', '/half']) {
    for (const [method, requests] of [
      ['GET', 2],
      ['PUT', 2],
      ['POST', 1],
    ] as const) {
      it(`asks ${requests === 2 ? 'again' : 'once only'} where ${method} ${path} got no whole answer`, async () => {
        let count = 0;
        server.on('request', () => count++);
        const client = createHttpClient({}, twoTries);
        const asked = createPipelineRequest({
          url: `${url}${path}`,
          method,
          timeout: 100,
          allowInsecureConnection: true,
          disableKeepAlive: true,
        });
        const code = path === '/half' ? 'ECONNRESET' : 'ETIMEDOUT';
        await assert.rejects(client.sendRequest(asked), { code });
        assert.equal(count, requests);
      });
    }
  }

  it('ends a request that says no limit of its own', async () => {
    const client = createHttpClient({}, { mostTries: 1, limit: 20 });
    const asked = createPipelineRequest({ url: `${url}/silent`, allowInsecureConnection: true });
    await assert.rejects(client.sendRequest(asked), { code: 'ETIMEDOUT' });
  });

  it('ends a request that is cancelled', async () => {
    await assert.rejects(send('/silent', 300_000, AbortSignal.timeout(20)), { name: 'AbortError' });
  });

  it('ends an answer that is cancelled while it comes', async () => {
    const controller = new AbortController();
    const { readableStreamBody } = await send('/slow', 300_000, controller.signal, true);
    const read = async () => {
      for await (const chunk of readableStreamBody!) {
        assert.equal(String(chunk), 'begin');
        controller.abort();
      }
    };
    await assert.rejects(read(), /abort/i);
  });

  it('leaves nothing on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    await send('/well', 300_000, signal);
    await assert.rejects(send('/broken', 300_000, signal), /socket hang up|ECONNRESET/);
    const { readableStreamBody } = await send('/well', 300_000, signal, true);
    const closed = once(readableStreamBody!, 'close');
    readableStreamBody!.resume();
    await closed;
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });
});
