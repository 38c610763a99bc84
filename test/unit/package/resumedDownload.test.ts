import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BlobTransfer } from '../../../tasks/common/azure/blobTransfer';
import type { AzureSession } from '../../../tasks/common/azure/session';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

describe('a blob that is read as a stream', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function read(listener: RequestListener): Promise<Buffer> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const session = { networkOptions: () => ({}) } as unknown as AzureSession;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/container/blob?sig=x`;
    const { size, stream } = await new BlobTransfer(session).open(url, new AbortController().signal);
    assert.equal(size, content.length);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  it('goes on where the connection broke, on the same blob', async () => {
    const asked: Array<[range: unknown, match: unknown]> = [];
    const bytes = await read((request, response) => {
      const range = request.headers['x-ms-range'] as string | undefined;
      asked.push([range, request.headers['if-match']]);
      const start = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
      response.writeHead(range ? 206 : 200, { 'content-length': content.length - start, etag: '"v1"' });
      // Each connection gives 90,000 bytes at most.
      response.write(content.subarray(start, start + 90_000), () => {
        if (start + 90_000 >= content.length) response.end();
        else setTimeout(() => response.destroy(), 20);
      });
    });
    assert.ok(bytes.equals(content));
    assert.deepEqual(asked, [
      [undefined, undefined],
      ['bytes=90000-', '"v1"'],
      ['bytes=180000-', '"v1"'],
    ]);
  });

  it('fails where it breaks again and again, and where the storage cannot go on', async () => {
    const broken = read((request, response) => {
      response.writeHead(request.headers['x-ms-range'] ? 206 : 200, { 'content-length': content.length });
      response.flushHeaders();
      setTimeout(() => response.destroy(), 5);
    });
    await assert.rejects(broken);
    server!.close();
    const ignoring = read((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10), () => setTimeout(() => response.destroy(), 20));
    });
    await assert.rejects(ignoring, /cannot go on at byte 10/);
  });
});
