import assert from 'node:assert/strict';
import { createServer, request, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sinon from 'sinon';
import { breakableConnections } from '../../../local/azure/breakableConnections';

describe('a server of local Azure', () => {
  afterEach(() => sinon.restore());

  it('closes where Node falls over a connection that has lost its socket', async () => {
    for (const name of ['closeAllConnections', 'closeIdleConnections'] as const) {
      sinon.stub(Server.prototype, name).throws(new TypeError("Cannot read properties of null (reading 'destroy')"));
    }
    const arrived: Array<() => void> = [];
    const server = breakableConnections(createServer(() => arrived.shift()?.()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const isThere = new Promise<void>((resolve) => arrived.push(resolve));
    const broken = new Promise<string>((resolve) => {
      const sent = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
      sent.on('error', ({ message }) => resolve(message));
      sent.end();
    });
    await isThere;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    assert.match(await broken, /hang up|ECONNRESET/);
    await closed;
  });
});
