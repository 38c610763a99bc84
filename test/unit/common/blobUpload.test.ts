import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { blobUrl, BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { byteText, progressOf } from '../../../tasks/common/azure/storage/transferProgress';
import { Secret } from '../../../tasks/common/secret';
import { taskContext } from '../../support/taskContext';

interface Sent {
  readonly what: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A blob storage that keeps what it is sent, and answers as it is told. */
async function openStorage(answer: (sent: Sent, index: number) => { status: number; body?: string; headers?: object }) {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { what: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) };
      sent.push(one);
      const { status, body, headers = {} } = answer(one, sent.length - 1);
      response.writeHead(status, headers as Record<string, string>);
      // Less than was promised: the connection breaks off.
      const isWhole =
        !('content-length' in headers) ||
        Number(headers['content-length']) <= (body?.length ?? 0) ||
        request.method === 'HEAD';
      if (isWhole) response.end(body);
      else response.write(body!, () => setTimeout(() => response.destroy(), 20));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = { sender: () => createSender({}, { mostTries: 1 }) } as unknown as AzureSession;
  const container = new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/container/?sig=a%2Bb`);
  return { sent, container, transfer: new BlobTransfer(session), close: () => void server.close() };
}

describe('what is uploaded to blob storage', () => {
  const { signal } = new AbortController();
  const created = () => ({ status: 201 });
  let folder: string;
  let storage: Awaited<ReturnType<typeof openStorage>>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'upload-'));
  });
  afterEach(() => {
    storage?.close();
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, content: Buffer | string, size = Buffer.byteLength(content)) => {
    writeFileSync(join(folder, name), content);
    return { file: join(folder, name), blob: `code/${name}`, size };
  };
  const big = (name: string, size: number) => {
    const one = file(name, 'begin');
    truncateSync(one.file, size);
    return { ...one, size };
  };

  it('is one block blob for each file, as long as it was found to be', async () => {
    storage = await openStorage(created);
    const progress: number[][] = [];
    const files = [file('a b.py', 'print(1)'), file('grown.txt', '0123456789', 4), file('empty', '')];
    await storage.transfer.uploadAll(storage.container, files, (...all) => progress.push(all), signal);
    const bodies = new Map(storage.sent.map(({ what, body }) => [what, body.toString()]));
    assert.deepEqual([...bodies].sort(), [
      ['PUT /container/code/a%20b.py?sig=a%2Bb', 'print(1)'],
      ['PUT /container/code/empty?sig=a%2Bb', ''],
      ['PUT /container/code/grown.txt?sig=a%2Bb', '0123'],
    ]);
    for (const { headers } of storage.sent) assert.equal(headers['x-ms-blob-type'], 'BlockBlob');
    assert.deepEqual(progress.at(-1), [12, 3]);
    assert.equal(progress.length, 3);
  });

  it('is streamed where it does not fit in memory beside others, and sent in blocks where it is large', async () => {
    storage = await openStorage(created);
    const middle = 5 * 1024 * 1024;
    const large = 20 * 1024 * 1024;
    const progress: number[][] = [];
    const files = [big('middle', middle), big('large', large)];
    await storage.transfer.uploadAll(storage.container, files, (...all) => progress.push(all), signal);
    const ofLarge = storage.sent.filter(({ what }) => what.includes('/large'));
    const blocks = ofLarge.filter(({ what }) => /comp=block&/.test(what));
    assert.equal(
      blocks.reduce((sum, { body }) => sum + body.length, 0),
      large,
    );
    assert.ok(blocks.length > 1);
    const ids = blocks.map(({ what }) => decodeURIComponent(/blockid=([^&]+)/.exec(what)![1]!)).sort();
    const list = ofLarge.at(-1)!;
    assert.match(list.what, /\/large\?sig=a%2Bb&comp=blocklist$/);
    assert.equal(
      list.body.toString(),
      `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`,
    );
    assert.deepEqual(
      ids.slice(0, 2),
      ['00000000', '00000001'].map((id) => Buffer.from(id).toString('base64')),
    );
    const first = blocks.find(({ what }) => what.includes(encodeURIComponent(ids[0]!)))!;
    assert.equal(first.body.subarray(0, 5).toString(), 'begin');
    assert.equal(storage.sent.find(({ what }) => what.includes('/middle'))!.body.length, middle);
    assert.deepEqual(progress.at(-1), [middle + large, 2]);
  });

  it('fails where a file became shorter meanwhile', async () => {
    storage = await openStorage(created);
    const large = { ...big('large', 10 * 1024 * 1024), size: 20 * 1024 * 1024 };
    await assert.rejects(
      storage.transfer.uploadAll(storage.container, [large], () => undefined, signal),
      /large became shorter while it was uploaded/,
    );
    assert.ok(!storage.sent.some(({ what }) => what.includes('blocklist')), 'and is not put together');
    const small = file('small', 'abc', 5);
    await assert.rejects(
      storage.transfer.uploadAll(storage.container, [small], () => undefined, signal),
      /small became shorter while it was uploaded/,
    );
    assert.ok(!storage.sent.some(({ what }) => what.includes('small')), 'and is not sent in part');
  });

  it('is asked for only as it is sent, however many files there are', async () => {
    storage = await openStorage(created);
    const one = file('a', 'x');
    let ahead = 0;
    const files = (function* () {
      for (let index = 0; index < 300; index++) {
        ahead = Math.max(ahead, index - storage.sent.length);
        yield { ...one, blob: `code/${index}` };
      }
    })();
    await storage.transfer.uploadAll(storage.container, files, () => undefined, signal);
    assert.equal(new Set(storage.sent.map(({ what }) => what)).size, 300);
    assert.ok(ahead < 100, `${ahead} files were taken before they could be sent`);
  });

  it('stops at the first refusal, whose blob and reason it names without the permission', async () => {
    const body = '<Error><Code>AuthorizationFailure</Code><Message>This request is not authorized.\nRequestId:1</Message></Error>'; // prettier-ignore
    storage = await openStorage(() => ({ status: 403, body }));
    const files = Array.from({ length: 60 }, (_, index) => file(`f${index}`, 'x'));
    await assert.rejects(
      storage.transfer.uploadAll(storage.container, files, () => undefined, signal),
      (error: AzureFailure) => {
        assert.match(
          error.message,
          /Azure Storage answered 403 AuthorizationFailure to PUT http:\S+\/container\/code\/f\d+: This request is not authorized\..*firewall or the permission's end may be why/,
        );
        assert.doesNotMatch(error.message, /sig=|RequestId/);
        assert.deepEqual([error.status, error.code], [403, 'AuthorizationFailure']);
        return true;
      },
    );
    assert.ok(storage.sent.length < files.length, `${storage.sent.length} were sent`);
  });

  it('says nothing of a firewall for another refusal, and reads the code from the header first', async () => {
    storage = await openStorage(() => ({
      status: 409,
      body: 'plain',
      headers: { 'x-ms-error-code': 'BlobImmutable' },
    }));
    await assert.rejects(
      storage.transfer.uploadAll(storage.container, [file('a', 'x')], () => undefined, signal),
      (error: AzureFailure) => {
        assert.match(error.message, /409 BlobImmutable to PUT .*: plain$/);
        return true;
      },
    );
  });

  it('ends when it is cancelled, with that as its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('cancelled');
    storage = await openStorage(() => {
      stop.abort(reason);
      return { status: 201 };
    });
    const files = Array.from({ length: 60 }, (_, index) => file(`f${index}`, 'x'));
    await assert.rejects(
      storage.transfer.uploadAll(storage.container, files, () => undefined, stop.signal),
      (error) => error === reason,
    );
    assert.ok(storage.sent.length < files.length);
  });

  it('gets metadata as headers of their own', async () => {
    storage = await openStorage(() => ({ status: 200 }));
    await storage.transfer.setMetadata(storage.container, 'a', { upload_status: 'completed' }, signal);
    const [{ what, headers, body } = assert.fail()] = storage.sent;
    assert.equal(what, 'PUT /container/a?sig=a%2Bb&comp=metadata');
    assert.deepEqual([headers['x-ms-meta-upload_status'], body.length], ['completed', 0]);
  });

  it('is looked at by its properties', async () => {
    let status = 200;
    const headers = { 'content-length': '7', 'x-ms-meta-upload_status': 'completed', 'x-other': 'y' };
    storage = await openStorage(() => ({ status, headers: status === 200 ? headers : {} }));
    const url = blobUrl(storage.container, 'a');
    const { metadata, size } = (await storage.transfer.properties(url, signal))!;
    assert.deepEqual([size, { ...metadata }], [7, { upload_status: 'completed' }]);
    status = 404;
    assert.equal(await storage.transfer.properties(url, signal), undefined);
    status = 403;
    await assert.rejects(storage.transfer.properties(url, signal), /403/);
  });
});

describe('a text that is read from blob storage', () => {
  const { signal } = new AbortController();

  it('is asked for once where it is refused, and again where the answer breaks off', async () => {
    const refusing = await openStorage(() => ({ status: 403, body: '<Code>X</Code>' }));
    await assert.rejects(refusing.transfer.text(blobUrl(refusing.container, 'a'), signal), /403 X/);
    assert.equal(refusing.sent.length, 1);
    refusing.close();
    const breaking = await openStorage((_, index) =>
      index === 0 ? { status: 200, body: 'ha', headers: { 'content-length': '5' } } : { status: 200, body: 'whole' },
    );
    assert.equal(await breaking.transfer.text(blobUrl(breaking.container, 'a'), signal), 'whole');
    assert.equal(breaking.sent.length, 2);
    breaking.close();
  });
});

describe('a download that is cancelled', () => {
  it('is not taken up again where its connection breaks', async () => {
    const stop = new AbortController();
    const storage = await openStorage(() => ({ status: 200, body: 'ha', headers: { 'content-length': '5' } }));
    const { stream } = await storage.transfer.open(blobUrl(storage.container, 'a'), stop.signal);
    const reason = new Error('cancelled');
    await assert.rejects(
      async () => {
        for await (const _ of stream) stop.abort(reason);
      },
      (error) => error === reason || (error as Error).name === 'AbortError',
    );
    assert.equal(storage.sent.length, 1);
    storage.close();
  });
});

describe('the URL of a blob', () => {
  for (const [container, blob, url] of [
    ['https://a/c?sig=1', 'b', 'https://a/c/b?sig=1'],
    ['https://a/c//?sig=1?2', 'b/ü #?', 'https://a/c/b/%C3%BC%20%23%3F?sig=1?2'],
    ['https://a/c', 'b', 'https://a/c/b'],
  ] as const) {
    it(`is ${url}`, () => {
      assert.equal(blobUrl(container, blob), url);
      assert.equal(blobUrl(new Secret(container), blob), url);
    });
  }
});

describe('how far a transfer is', () => {
  for (const [bytes, text] of [
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [3 * 1024 ** 2, '3.0 MiB'],
    [1024 ** 4, '1.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ] as const) {
    it(`is told as ${text}`, () => assert.equal(byteText(bytes), text));
  }

  it('is said at every tenth part, once, and in the log where it is large', () => {
    const shown: unknown[][] = [];
    const { context, traces } = taskContext(tmpdir());
    const log = { ...context.log, progress: (...all: unknown[]) => void shown.push(all) };
    const small = progressOf(log, 'Uploading', 100);
    for (const bytes of [5, 10, 10, 19, 35, 100]) small(bytes);
    assert.deepEqual(
      shown.map(([percent]) => percent),
      [10, 30, 100],
    );
    assert.deepEqual(shown[0], [10, 'Uploading']);
    assert.deepEqual(traces.lines, []);
    const total = 100 * 1024 * 1024;
    const large = progressOf(log, 'Uploading', total);
    large(total / 2);
    large(total);
    assert.deepEqual(traces.lines, ['Uploading: 50 MiB of 100 MiB (50 %)']);
    shown.length = 0;
    progressOf(log, 'Uploading', 0)(0);
    assert.deepEqual(shown, [[100, 'Uploading']]);
    const edge = progressOf(log, 'Uploading', 64 * 1024 * 1024);
    edge(32 * 1024 * 1024);
    assert.equal(traces.lines.length, 1);
  });
});
