import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureSession } from '../../../tasks/common/azure/http/session';

describe('a stream that becomes a blob', () => {
  let server: Server;
  const blocks = new Map<string, Buffer>();
  let list = '';
  let refuses: string | undefined;

  beforeEach(async () => {
    blocks.clear();
    refuses = undefined;
    server = createServer((request, response) => {
      const query = new URL(request.url!, 'http://x').searchParams;
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        // Later blocks arrive earlier: each waits the longer, the earlier it is.
        const wait = query.get('comp') === 'block' ? Math.max(0, 60 - 15 * blocks.size) : 0;
        setTimeout(() => {
          if (query.get('comp') === 'blocklist') list = body.toString();
          else blocks.set(query.get('blockid')!, body);
          response.writeHead(refuses === query.get('comp') ? 403 : 201).end();
        }, wait);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const size = 26 * 1024 * 1024 + 123;
  async function* source() {
    for (let sent = 0; sent < size;) {
      const chunk = Buffer.alloc(Math.min(65_537, size - sent));
      for (let index = 0; index < chunk.length; index++) chunk[index] = (sent + index) % 251;
      sent += chunk.length;
      yield chunk;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const upload = (onProgress?: (bytes: number) => void) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/container/blob?sig=x`;
    const session = { sender: () => createSender({}) } as unknown as AzureSession;
    return new BlobTransfer(session).uploadStream(url, source(), new AbortController().signal, onProgress);
  };

  it('holds every byte in its place, although its blocks take turns in memory', async () => {
    const progress: number[] = [];
    assert.equal(await upload((bytes) => progress.push(bytes)), size);
    const ids = [...list.matchAll(/<Latest>([^<]*)</g)].map(([, id]) => id!);
    const blob = Buffer.concat(ids.map((id) => blocks.get(id)!));
    assert.equal(blob.length, size);
    assert.ok(blob.every((byte, index) => byte === index % 251));
    assert.equal(progress.at(-1), size);
  });

  it('fails where storage refuses a block', async () => {
    refuses = 'block';
    await assert.rejects(upload(), /Azure Storage answered 403/);
  });
});
