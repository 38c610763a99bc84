import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { breakableConnections } from '../../../local/azure/breakableConnections';

describe('a server of local Azure', () => {
  it('closes though a request of it has lost its socket', async () => {
    const server = breakableConnections(
      createServer((incoming) => {
        // As a planned reset leaves it.
        Object.defineProperty(incoming, 'socket', { value: null });
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const broken = new Promise<string>((resolve) => {
      const sent = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
      sent.on('error', ({ message }) => resolve(message));
      sent.end();
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    assert.match(await broken, /hang up|ECONNRESET/);
    await closed;
  });
});
