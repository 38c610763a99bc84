import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NetworkSettings } from '../../../tasks/common/azure/http/network';
import { generateLoad } from '../../../tasks/TestEndpoint/load/loadGenerator';
import { createScoringClient, NoReply, type ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';
import { startForwardProxy } from '../../support/forwardProxy';
import { startSecureServer } from '../../support/secureServer';
import { Secret } from '../../../tasks/common/secret';

describe('scoring client', () => {
  const servers: Server[] = [];
  const clients: ScoringClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(listener: RequestListener): Promise<{ url: URL; server: Server }> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/score?x=1`), server };
  }
  function open(timeout = 30_000, network: NetworkSettings = {}) {
    const client = createScoringClient(network, timeout);
    clients.push(client);
    const signal = new AbortController().signal;
    const send = (url: URL, limit?: number) =>
      client.send({ url, method: 'POST', headers: { 'x-a': 'b' }, body: Buffer.from('{}') }, signal, limit);
    return { client, send };
  }
  const rejectsWith = (promise: Promise<unknown>, code: string | RegExp, message: RegExp) =>
    assert.rejects(promise, (error: unknown) => {
      assert.ok(error instanceof NoReply, String(error));
      assert.match(error.code, typeof code === 'string' ? new RegExp(`^${code}$`) : code);
      assert.match(error.message, message);
      return true;
    });

  it('gives status, headers and bytes back', async () => {
    const { url } = await serve((request, response) =>
      response
        .writeHead(201, { 'x-got': `${request.method} ${request.url} ${String(request.headers['x-a'])}` })
        .end(Buffer.from([0, 255])),
    );
    const { status, headers, body, milliseconds } = await open().send(url);
    assert.deepEqual([status, headers['x-got'], body], [201, 'POST /score?x=1 b', Buffer.from([0, 255])]);
    assert.ok(milliseconds > 0);
  });

  it('says that nothing listens', async () => {
    const { url, server } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    await rejectsWith(open().send(url), 'ECONNREFUSED', /could not be reached: .*ECONNREFUSED/);
  });

  it('waits no longer than it may, for the beginning of an answer or for its end', async () => {
    const { url } = await serve((request, response) => {
      if (request.url!.startsWith('/half')) response.write('{');
    });
    await rejectsWith(open(300).send(url), 'ETIMEDOUT', /no whole answer within 0\.3 s/);
    await rejectsWith(open(300).send(new URL('/half', url)), 'ETIMEDOUT', /no whole answer within 0\.3 s/);
    await rejectsWith(open().send(url, 200), 'ETIMEDOUT', /no whole answer within 0\.2 s/);
    await rejectsWith(open(200).send(url, 30_000), 'ETIMEDOUT', /no whole answer within 0\.2 s/);
  });

  it('says that an answer broke off', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{', () => response.socket!.destroy());
    });
    await rejectsWith(open().send(url), /^(UND_ERR_SOCKET|ECONNRESET)$/, /could not be reached/);
  });

  it('takes no answer that would fill the memory', async () => {
    const { url } = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = (): void => void response.write(chunk, (error) => error ?? more());
      more();
    });
    await rejectsWith(open().send(url), 'EMSGSIZE', /answered with more than 64 MB/);
  });

  it('ends with the pipeline', async () => {
    const { url } = await serve(() => {});
    const controller = new AbortController();
    const sending = open().client.send({ url, method: 'GET', headers: {} }, controller.signal);
    const reason = new Error('cancelled');
    controller.abort(reason);
    await assert.rejects(sending, reason);
  });

  for (const protocol of ['http', 'https'] as const) {
    it(`goes through the agent's proxy to ${protocol}, also under load, and around it where the agent does`, async () => {
      const answer: RequestListener = (request, response) => {
        request.resume();
        response.end(`[${[url.host, direct.host].includes(request.headers.host!)}]`);
      };
      const secure = await startSecureServer(answer);
      // The agent goes around its proxy to the machine itself, by the names that it knows.
      const direct = protocol === 'https' ? new URL('/score?x=1', secure.url) : (await serve(answer)).url;
      const url = new URL(direct.href.replace('127.0.0.1', new URL(secure.urlByProxy).hostname));
      // As companies' proxies are set up, it makes tunnels only to the ports of HTTPS.
      const proxy = await startForwardProxy([secure.port]);
      try {
        const { certificateAuthorities } = secure;
        const settings = { url: proxy.url, username: 'user', password: new Secret('word') };
        const { client, send } = open(30_000, { certificateAuthorities, proxy: { ...settings, bypass: [] } });
        assert.equal((await send(url)).body.toString(), '[true]');
        assert.deepEqual(proxy.asked, [protocol === 'https' ? `CONNECT ${url.host}` : `POST ${url.href}`]);
        assert.equal(proxy.last.authorization, `Basic ${Buffer.from('user:word').toString('base64')}`);
        assert.equal(proxy.last.host, url.host);

        const connections = [await client.connection(url.origin), await client.connection(url.origin)];
        const request = { url, method: 'POST', headers: { 'x-a': 'b' }, body: Buffer.from('{}') };
        const plan = { requests: [request], connections: 2, durationMs: 1000, warmUpMs: 0, drainMs: 5_000 };
        const { latencies } = await generateLoad(plan, () => connections.pop()!, new AbortController().signal);
        assert.ok(latencies.requests > 2);
        assert.deepEqual(latencies.errorKinds, {});
        assert.equal(proxy.connections, 3, 'one for each connection');

        const { length } = proxy.asked;
        await open(30_000, { certificateAuthorities, proxy: { ...settings, bypass: [] } }).send(direct);
        assert.equal(proxy.asked.length, length);
      } finally {
        proxy.close();
        secure.close();
      }
    });
  }

  it('tells a connection that was lost before any answer, at a service that had answered before', async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      if (++asked === 1) return void response.end('1');
      if (asked === 2) return void request.socket.resetAndDestroy();
      response.writeHead(200, { 'content-length': '9' }).write('half');
      setTimeout(() => request.socket.destroy(), 50);
    });
    const { send } = open();
    const lost = async () =>
      send(url).then(
        () => assert.fail(),
        (error: NoReply) => error.isLostConnection,
      );
    await send(url);
    assert.equal(await lost(), true);
    assert.equal(await lost(), false, 'the answer had begun');
    const fresh = open();
    asked = 1;
    await assert.rejects(fresh.send(url), (error: NoReply) => !error.isLostConnection, 'it never answered');
  });

  it('resolves no name to an address to which nothing may be sent', async () => {
    const { url } = await serve((_request, response) => response.end('secret'));
    const named = new URL(url.href.replace('127.0.0.1', 'localhost'));
    const guarded = createScoringClient({}, 5000, (address) => address === '127.0.0.1' || address === '::1');
    clients.push(guarded);
    const request = { url: named, method: 'GET', headers: {} };
    await rejectsWith(
      guarded.send(request, new AbortController().signal),
      'EADDRFORBIDDEN',
      /localhost leads to an address to which nothing is sent/,
    );
    const open2 = createScoringClient({}, 5000, () => false);
    clients.push(open2);
    assert.equal((await open2.send(request, new AbortController().signal)).body.toString(), 'secret');
  });

  it('leaves a host of your own to a request that goes through a proxy', async () => {
    const { url } = await serve((request, response) => response.end(request.headers.host));
    const proxy = await startForwardProxy([]);
    try {
      const { client } = open(30_000, { proxy: { url: proxy.url, bypass: [] } });
      const byProxy = new URL(url.href.replace('127.0.0.1', 'any.azurecr.localhost'));
      const request = { url: byProxy, method: 'GET', headers: { Host: 'model.example' } };
      const { body } = await client.send(request, new AbortController().signal);
      assert.equal(body.toString(), 'model.example');
    } finally {
      proxy.close();
    }
  });
});
