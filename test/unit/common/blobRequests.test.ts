import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { traitsOf } from '../../../tasks/common/azure/http/requestTraits';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { Secret } from '../../../tasks/common/secret';

const { signal } = new AbortController();
const url = 'https://account.blob.core.windows.net/container/blob?sig=x';
const mebibyte = 1024 * 1024;

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Ends without an error before all has come, as behind a proxy. */
  readonly isCut?: boolean;
}

/** A storage that answers in turn, the last answer again and again, and what it was asked. */
function storageWith(...answers: Array<Answer | Error>) {
  const asked: PipelineRequest[] = [];
  const streams: Readable[] = [];
  const send = async (request: PipelineRequest): Promise<PipelineResponse> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request);
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body = '' } = answer;
    const stream = Readable.from(body.length > 0 ? [Buffer.from(body)] : [], { objectMode: false });
    streams.push(stream);
    return { request, status, headers: createHttpHeaders(headers), readableStreamBody: stream };
  };
  const transfer = new BlobTransfer({ sender: async () => send } as unknown as AzureSession);
  return { asked, streams, transfer };
}

const isFailure = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AzureFailure, String(error));
  assert.match(error.message, pattern);
  return true;
};

describe('a range of a blob', () => {
  const metadata = { 'X-Ms-Meta-Owner': 'ann', 'x-other': 'y' };
  for (const [what, answer, expected] of [
    ['of the range', { status: 206, headers: { 'content-range': 'bytes 10-13/500' }, body: 'abcd' }, ['abcd', 500]],
    ['of the range, without its size', { status: 206, body: 'abcd' }, ['abcd', 14]],
    [
      'of the range, of a size that it does not know',
      { status: 206, headers: { 'content-range': 'bytes 10-13/*' }, body: 'abcd' },
      ['abcd', 14],
    ],
    [
      'that the blob ends before it',
      { status: 416, headers: { 'content-range': 'bytes */7' }, body: '<Error/>' },
      ['', 7],
    ],
    ['that the blob ends before it, without its size', { status: 416, body: '<Error/>' }, ['', 10]],
    ['of the whole blob, from a store that ignores ranges', { status: 200, body: '0123456789abcdefgh' }, ['abcde', 18]],
    ['of a whole blob that ends before the range', { status: 200, body: '0123' }, ['', 4]],
  ] as Array<[string, Answer, [string, number]]>) {
    it(`is read from an answer ${what}`, async () => {
      const headers = { ...answer.headers, ...metadata };
      const { transfer, asked } = storageWith({ ...answer, headers });
      const range = await transfer.readRange(url, 10, 5, signal);
      assert.deepEqual([range!.bytes.toString(), range!.blobSize, range!.metadata], [...expected, { owner: 'ann' }]);
      assert.equal(asked[0]!.method, 'GET');
      assert.equal(asked[0]!.headers.get('x-ms-range'), 'bytes=10-14');
    });
  }

  it('is not there where there is no such blob, and is refused with any other status', async () => {
    assert.equal(await storageWith({ status: 404, body: 'none' }).transfer.readRange(url, 0, 5, signal), undefined);
    for (const status of [300, 304, 403, 500]) {
      const reading = storageWith({ status, body: 'plain' }).transfer.readRange(url, 0, 5, signal);
      await assert.rejects(reading, isFailure(new RegExp(`answered ${status} to GET .*/container/blob: plain`)));
    }
  });
});

describe('a request to blob storage', () => {
  it('names the version of the protocol, and goes in clear text only to an address that says so', async () => {
    for (const [address, isClear] of [
      [url, false],
      [url.replace('https:', 'http:'), true],
    ] as const) {
      const { transfer, asked } = storageWith({});
      await transfer.properties(address, signal);
      assert.equal(asked[0]!.headers.get('x-ms-version'), '2021-12-02');
      assert.equal(asked[0]!.allowInsecureConnection, isClear);
    }
  });

  it('says whether its blob is known to be there, so that a passing 404 of one that is may be asked about again', async () => {
    const container = new Secret('https://account.blob.core.windows.net/container');
    const isThere = async (ask: (transfer: BlobTransfer) => Promise<unknown>) => {
      const { transfer, asked } = storageWith({});
      await ask(transfer);
      return asked.map((each) => traitsOf(each).isThere);
    };
    assert.deepEqual(await isThere((transfer) => transfer.open(url, signal)), [true]);
    assert.deepEqual(await isThere((transfer) => transfer.text(url, signal)), [true]);
    assert.deepEqual(await isThere((transfer) => transfer.readRange(url, 0, 1, signal)), [false]);
    assert.deepEqual(await isThere((transfer) => transfer.properties(url, signal)), [false]);
    assert.deepEqual(await isThere((transfer) => transfer.setMetadata(container, 'a', {}, signal)), [false]);
  });

  it('takes its own query where the address has no permission', async () => {
    const { transfer, asked } = storageWith({});
    const container = new Secret('https://account.blob.core.windows.net/container');
    await transfer.setMetadata(container, 'a', { one: '1' }, signal);
    assert.equal(asked[0]!.url, 'https://account.blob.core.windows.net/container/a?comp=metadata');
  });

  it('that gets no answer is told with what to look at, and as what the connection said', async () => {
    const broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (const [error, code] of [
      [broken, 'ECONNREFUSED'],
      [new Error('broken'), ''],
    ] as const) {
      const asking = storageWith(error).transfer.properties(url, signal);
      const failure: unknown = await asking.catch((each: unknown) => each);
      assert.ok(failure instanceof AzureFailure);
      assert.match(
        failure.message,
        /could not be reached \(HEAD https:\/\/account.*\/container\/blob\): .*network, proxy/,
      );
      assert.deepEqual([failure.status, failure.code, failure.cause], [undefined, code, error]);
    }
  });

  it('reads its answer to the end, so that the connection can be used again', async () => {
    const { transfer, streams } = storageWith({ status: 201, body: 'x' });
    await transfer.properties(url, signal);
    assert.equal(streams[0]!.readableFlowing, true);
  });
});

describe('an answer that breaks off', () => {
  it('is asked for three times more as a text, and then is out of reach', async () => {
    for (const [breaks, isRead] of [
      [3, true],
      [4, false],
    ] as const) {
      const { transfer, asked } = storageWith(...Array.from({ length: breaks }, () => new Error('reset')), {
        body: 'whole',
      });
      const reading = transfer.text(url, signal);
      if (isRead) assert.equal(await reading, 'whole');
      else await assert.rejects(reading, isFailure(/could not be reached \(GET .*reset/));
      assert.equal(asked.length, 4);
      assert.ok(asked.every(({ method }) => method === 'GET'));
    }
  });

  it('is gone on with where it ended too early without a word, as long as bytes come', async () => {
    const whole = Buffer.from('0123456789');
    const piece = (from: number, to: number, status = 206): Answer => ({
      status,
      headers: { 'content-length': String(status === 200 ? whole.length : whole.length - from), etag: '"v1"' },
      body: whole.subarray(from, to),
    });
    const read = async (...answers: Answer[]) => {
      const { transfer, asked } = storageWith(...answers);
      const { stream, size } = await transfer.open(url, signal);
      assert.equal(size, whole.length);
      const parts: Buffer[] = [];
      for await (const part of stream) parts.push(part as Buffer);
      return { text: Buffer.concat(parts).toString(), asked };
    };
    const { text, asked } = await read(piece(0, 2, 200), piece(2, 4), piece(4, 6), piece(6, 8), piece(8, 10));
    assert.equal(text, whole.toString());
    assert.deepEqual(
      asked.map(({ method, headers }) => [method, headers.get('x-ms-range'), headers.get('if-match')]),
      [['GET', undefined, undefined], ...[2, 4, 6, 8].map((from) => ['GET', `bytes=${from}-`, '"v1"'])],
    );
    const silent = read(piece(0, 2, 200), piece(2, 2));
    await assert.rejects(silent, isFailure(/the connection ended after 2 of 10 bytes/));
  });

  it('is taken up again three times, and without an etag without one', async () => {
    const begin: Answer = { status: 200, headers: { 'content-length': '4' }, body: 'ab' };
    const { transfer, asked } = storageWith(begin, { status: 206 });
    const { stream } = await transfer.open(url, signal);
    await assert.rejects(
      async () => {
        for await (const _ of stream);
      },
      isFailure(/ended after 2 of 4 bytes/),
    );
    assert.equal(asked.length, 4, 'the first of them brought bytes');
    assert.ok(asked.every(({ headers }) => headers.get('if-match') === undefined));
  });

  it('whose length nobody knows is taken as it ends', async () => {
    const { transfer, asked } = storageWith({ body: 'abc' });
    const { stream } = await transfer.open(url, signal);
    assert.equal(Buffer.concat(await stream.toArray()).toString(), 'abc');
    assert.equal(asked.length, 1);
  });
});

describe('files on their way', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'requests-'));
  });
  afterEach(() => {
    sinon.restore();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const container = new Secret('https://account.blob.core.windows.net/container?sig=x');
  const file = (size: number, found = size) => {
    const path = join(folder, `file-${size}`);
    fs.writeFileSync(path, 'begin');
    fs.truncateSync(path, size);
    return { file: path, blob: 'blob', size: found };
  };

  it('are sent whole up to 8 MiB, from memory up to 256 KiB, and in blocks beyond', async () => {
    for (const [size, kind] of [
      [256 * 1024, 'memory'],
      [256 * 1024 + 1, 'stream'],
      [8 * mebibyte, 'stream'],
      [8 * mebibyte + 1, 'blocks'],
    ] as const) {
      const { transfer, asked } = storageWith({ status: 201 });
      await transfer.uploadAll(container, [file(size)], () => undefined, signal);
      const comps = asked.map((each) => new URL(each.url).searchParams.get('comp'));
      assert.deepEqual(comps, kind === 'blocks' ? ['block', 'block', 'blocklist'] : [null], `${size} bytes`);
      if (kind !== 'blocks') assert.equal(typeof asked[0]!.body, kind === 'stream' ? 'function' : 'object');
    }
  });

  it('are cut where they have grown since they were looked at', async () => {
    const { transfer, asked } = storageWith({ status: 201 });
    await transfer.uploadAll(container, [file(600_000, 500_000)], () => undefined, signal);
    const body = asked[0]!.body as () => Readable;
    // Each attempt reads it from its beginning.
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.equal(Buffer.concat(await body().toArray()).length, 500_000);
    }
    assert.equal(asked[0]!.headers.get('content-length'), '500000');
  });

  it('are closed again, refused or not', async () => {
    const { open } = fs.promises;
    const closed: boolean[] = [];
    sinon.stub(fs.promises, 'open').callsFake(async (...all) => {
      const handle = await open(...all);
      const at = closed.push(false) - 1;
      const { close } = handle;
      handle.close = () => {
        closed[at] = true;
        return close.call(handle);
      };
      return handle;
    });
    const large = file(9 * mebibyte);
    await storageWith({ status: 201 }).transfer.uploadAll(container, [large], () => undefined, signal);
    await assert.rejects(storageWith({ status: 403 }).transfer.uploadAll(container, [large], () => undefined, signal));
    assert.deepEqual(closed, [true, true]);
  });

  it('are downloaded into folders that are made for them, and not when the step is cancelled', async () => {
    const { transfer } = storageWith({ headers: { 'content-length': '3' }, body: 'abc' });
    await transfer.download(url, join(folder, 'a', 'b', 'c'), signal);
    assert.equal(fs.readFileSync(join(folder, 'a', 'b', 'c'), 'utf8'), 'abc');
    await transfer.download(url, join(folder, 'a', 'b', 'd'), signal);
    assert.deepEqual(fs.readdirSync(join(folder, 'a', 'b')), ['c', 'd']);
    const stop = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(transfer.download(url, join(folder, 'e'), stop), { name: 'AbortError' });
  });
});

describe('a stream on its way', () => {
  async function* chunks(bytes: number, size = 300_000) {
    for (let sent = 0; sent < bytes; sent += size) yield Buffer.alloc(Math.min(size, bytes - sent), sent % 251);
  }

  /** Answers each block only after all that can be under way are. */
  function slowStorage(status: (index: number) => number = () => 201) {
    const buffers = new Set<ArrayBufferLike>();
    const lists: string[] = [];
    const ended: Array<AbortSignal | undefined> = [];
    let [underWay, most, blocks] = [0, 0, 0];
    const ids: string[] = [];
    const send = async (request: PipelineRequest): Promise<PipelineResponse> => {
      const { searchParams } = new URL(request.url);
      if (searchParams.get('comp') === 'blocklist') lists.push((request.body as Buffer).toString());
      else {
        const index = blocks++;
        ids.push(Buffer.from(searchParams.get('blockid')!, 'base64').toString());
        buffers.add((request.body as Buffer).buffer);
        most = Math.max(most, ++underWay);
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        underWay--;
        ended.push(request.abortSignal as AbortSignal | undefined);
        if (status(index) >= 300)
          return { request, status: status(index), headers: createHttpHeaders(), bodyAsText: '' };
      }
      return { request, status: 201, headers: createHttpHeaders() };
    };
    const transfer = new BlobTransfer({ sender: async () => send } as unknown as AzureSession);
    return { transfer, buffers, lists, ids, ended, most: () => most };
  }

  it('is in memory by few blocks, which are sent side by side and used again', async () => {
    const { transfer, buffers, lists, ids, most } = slowStorage();
    const sent = await transfer.uploadStream(url, chunks(12 * mebibyte + 5), signal);
    assert.equal(sent, 12 * mebibyte + 5);
    assert.equal(most(), 3);
    assert.ok(buffers.size <= 4, `${buffers.size} blocks in memory`);
    const expected = Array.from({ length: 13 }, (_, index) => String(index).padStart(8, '0'));
    assert.deepEqual(ids.sort(), expected);
    const latest = expected.map((id) => `<Latest>${Buffer.from(id).toString('base64')}</Latest>`).join('');
    assert.deepEqual(lists, [`<?xml version="1.0" encoding="utf-8"?><BlockList>${latest}</BlockList>`]);
  });

  it('has no block of nothing, be it empty or end with a block', async () => {
    for (const [bytes, blocks] of [
      [0, 0],
      [2 * mebibyte, 2],
    ] as const) {
      const { transfer, ids, lists } = slowStorage();
      assert.equal(await transfer.uploadStream(url, chunks(bytes), signal), bytes);
      assert.deepEqual([ids.length, lists.length], [blocks, 1]);
    }
  });

  it('ends what is under way where storage refuses a block, and is not put together', async () => {
    const { transfer, lists, ended } = slowStorage((index) => (index === 0 ? 403 : 201));
    await assert.rejects(
      transfer.uploadStream(url, chunks(3 * mebibyte), signal),
      isFailure(/answered 403 to PUT \S+\/container\/blob\. The storage account's firewall/),
    );
    for (let turn = 0; turn < 40; turn++) await new Promise(setImmediate);
    assert.ok(ended.every((each) => each?.aborted));
    assert.deepEqual(lists, []);
  });
});
