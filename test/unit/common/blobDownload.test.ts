import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as sinon from 'sinon';
import { isAzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureSession } from '../../../tasks/common/azure/http/session';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

describe('a blob that is read', () => {
  const { signal } = new AbortController();
  let server: Server | undefined;
  afterEach(() => {
    sinon.restore();
    server?.closeAllConnections();
    server?.close();
  });

  /** A storage that answers so, and the URL of a blob in it. */
  async function storage(listener: RequestListener): Promise<{ transfer: BlobTransfer; url: string }> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const session = { sender: () => createSender({}) } as unknown as AzureSession;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/container/blob?sig=x`;
    return { transfer: new BlobTransfer(session), url };
  }

  async function read(listener: RequestListener): Promise<Buffer> {
    const { transfer, url } = await storage(listener);
    const { size, stream } = await transfer.open(url, signal);
    assert.equal(size, content.length);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  /** Each connection gives 90,000 bytes at most. */
  const breaking: RequestListener = (request, response) => {
    const range = request.headers['x-ms-range'] as string | undefined;
    const start = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(range ? 206 : 200, { 'content-length': content.length - start, etag: '"v1"' });
    response.write(content.subarray(start, start + 90_000), () => {
      if (start + 90_000 >= content.length) response.end();
      else setTimeout(() => response.destroy(), 20);
    });
  };

  it('goes on where the connection broke, on the same blob', async () => {
    const asked: Array<[range: unknown, match: unknown]> = [];
    const bytes = await read((request, response) => {
      asked.push([request.headers['x-ms-range'], request.headers['if-match']]);
      breaking(request, response);
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

  it('is downloaded whole where the connection breaks on the way', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mlops-download-'));
    try {
      const file = path.join(folder, 'in', 'blob');
      const { transfer, url } = await storage(breaking);
      await transfer.download(url, file, signal);
      assert.ok(readFileSync(file).equals(content));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('of which a piece breaks off is out of reach, so that whoever follows it asks again', async () => {
    const { transfer, url } = await storage(breaking);
    await assert.rejects(transfer.readRange(url, 0, content.length, signal), (error) => {
      assert.ok(isAzureFailure(error) && error.status === undefined, String(error));
      assert.match(error.message, /could not be reached \(GET http:\S+\/container\/blob\)/);
      return true;
    });
  });

  it('that falls silent is out of reach', async () => {
    const { setTimeout: wait } = globalThis;
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const timers = sinon.spy(globalThis, 'setTimeout');
    const { transfer, url } = await storage((_request, response) => {
      response.writeHead(206, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
    });
    const reading = assert.rejects(transfer.readRange(url, 0, content.length, signal), /no more bytes came for 120 s/);
    for (let round = 0; round < 1000 && !timers.calledWith(sinon.match.any, 120_000); round++) {
      await new Promise((resolve) => wait(resolve, 5));
    }
    clock.tick(120_000);
    await reading;
  });
});
