import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { NetworkSettings } from '../../../tasks/common/azure/network';
import { generateLoad } from '../../../tasks/TestEndpoint/load/loadGenerator';
import { createScoringClient, NoReply, type ScoringClient } from '../../../tasks/TestEndpoint/scoringClient';

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

  it("goes through the agent's proxy, also under load, and around it where the agent does", async () => {
    const { url } = await serve((request, response) => {
      request.resume();
      response.end('[1]');
    });
    const tunnels: Array<[string | undefined, string | undefined]> = [];
    const { url: proxyUrl, server: proxy } = await serve(() => assert.fail('not by a tunnel'));
    proxy.on('connect', (request, socket, head) => {
      tunnels.push([request.url, request.headers['proxy-authorization']]);
      const { hostname, port } = new URL(`http://${request.url}`);
      const through = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.write(head);
        through.pipe(socket).pipe(through);
      });
      for (const each of [socket, through]) each.on('error', () => each.destroy());
    });
    const settings = { url: proxyUrl.origin, username: 'user', password: 'word' };
    const { client, send } = open(30_000, { proxy: { ...settings, bypass: [] } });
    assert.equal((await send(url)).body.toString(), '[1]');
    assert.deepEqual(tunnels, [[url.host, `Basic ${Buffer.from('user:word').toString('base64')}`]]);

    const connections = [await client.connection(url.origin), await client.connection(url.origin)];
    const request = { url, method: 'POST', headers: { 'x-a': 'b' }, body: Buffer.from('{}') };
    const plan = { requests: [request], connections: 2, durationMs: 200, warmUpMs: 0, drainMs: 5_000 };
    const { latencies } = await generateLoad(plan, () => connections.pop()!, new AbortController().signal);
    assert.ok(latencies.requests > 0);
    assert.deepEqual(latencies.errorKinds, {});
    assert.equal(tunnels.length, 3, 'one for each connection');

    await open(30_000, { proxy: { ...settings, bypass: [/127\.0\.0\.1/] } }).send(url);
    assert.equal(tunnels.length, 3);
  });
});
