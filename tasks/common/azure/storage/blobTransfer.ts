import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import type { PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import { streamedAnswer } from '../http/streamedAnswer';
import { AzureFailure } from '../http/azureFailure';
import type { Send } from '../http/pipeline';
import { setTraits } from '../http/requestTraits';
import { readAtOnce, readFully } from './fileReading';
import { sharedStop } from './sharedStop';
import type { AzureSession } from '../http/session';

/** A local file and the name of its blob within the container. */
export interface FileToUpload {
  readonly file: string;
  readonly blob: string;
  /** Bytes. A file that grows meanwhile is cut at this size. */
  readonly size: number;
}

/** A piece of a blob. */
export interface BlobRange {
  readonly bytes: Buffer;
  /** Size of the whole blob at that moment. */
  readonly blobSize: number;
  /** The blob's metadata; storage hands the names on in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file up to this size is read whole before it is sent; what is larger is streamed from disk. */
const smallFile = 256 * 1024;
/** A file up to this size is one request; what is larger goes in blocks of this size, each in memory while it is sent. */
const blockSize = 8 * 1024 * 1024;
/** Requests under way at once. */
const parallelFiles = 32;
const parallelBlocks = 4;
/** How often in a row a download may break without a byte in between. */
const mostBreaks = 3;
/**
 * What comes out of a stream is held in memory until it is sent, so its blocks are small and few at once. As storage takes
 * 50,000 blocks, a blob of them has 48 GiB at most: three times what Container Instances take as an image.
 */
const streamBlockSize = 1024 * 1024;
const parallelStreamBlocks = 3;
/** A stream cannot be sent twice, so it is opened again for each attempt. */
type Body = Buffer | (() => NodeJS.ReadableStream);

const storageVersion = '2021-12-02';

/**
 * Moves bytes to and from Azure Storage by URLs that carry their own permission (SAS). It keeps neither whole files nor
 * whole folders in memory, and retries what storage says is passing.
 * Source of the operations: Blob service REST API, Put Blob, Put Block, Put Block List, Get Blob, Set Blob Metadata.
 */
export class BlobTransfer {
  private sender?: Promise<Send>;

  constructor(private readonly session: AzureSession) {}

  /**
   * Uploads files into a container.
   * @param containerSas URL of the container with its SAS
   * @param files asked for one after the other, as they are sent: there may be a hundred thousand
   * @param onProgress called with the bytes and files that have arrived so far
   * @throws AzureFailure that names the blob; what is still under way is stopped first
   */
  async uploadAll(
    containerSas: Secret,
    files: Iterable<FileToUpload>,
    onProgress: (bytes: number, files: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let bytes = 0;
    let done = 0;
    const arrived = (count: number, isLast: boolean) => {
      bytes += count;
      if (isLast) done++;
      onProgress(bytes, done);
    };
    const large: FileToUpload[] = [];
    const others = function* () {
      for (const file of files) {
        if (file.size <= blockSize) yield file;
        else large.push(file);
      }
    };
    await inParallel(parallelFiles, others(), signal, async ({ file, blob, size }, stop) => {
      const body = size <= smallFile ? readStart(file, size) : start(file, size);
      await this.put(blobUrl(containerSas, blob), body, size, { 'x-ms-blob-type': 'BlockBlob' }, stop);
      arrived(size, true);
    });
    // Used again and again, from file to file: what is read again for each block would pile up until it is collected.
    const free: Buffer[] = [];
    for (const { file, blob, size } of large) {
      const url = blobUrl(containerSas, blob);
      const blocks = Array.from({ length: Math.ceil(size / blockSize) }, (_, index) => index);
      const id = (index: number) => Buffer.from(String(index).padStart(8, '0')).toString('base64');
      const handle = await fs.promises.open(file);
      try {
        await inParallel(parallelBlocks, blocks, signal, async (index, stop) => {
          const start = index * blockSize;
          const length = Math.min(size - start, blockSize);
          const buffer = free.pop() ?? Buffer.allocUnsafeSlow(blockSize);
          const block = buffer.subarray(0, length);
          if ((await readFully(handle, block, start)) < length) throw becameShorter(file);
          await this.put(withQuery(url, { comp: 'block', blockid: id(index) }), block, length, {}, stop);
          free.push(buffer);
          arrived(length, false);
        });
      } finally {
        await handle.close();
      }
      const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks.map((index) => `<Latest>${id(index)}</Latest>`).join('')}</BlockList>`;
      const body = Buffer.from(list);
      await this.put(withQuery(url, { comp: 'blocklist' }), body, body.length, {}, signal);
      arrived(0, true);
    }
  }

  async setMetadata(
    containerSas: Secret,
    blob: string,
    metadata: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]));
    await this.put(withQuery(blobUrl(containerSas, blob), { comp: 'metadata' }), Buffer.alloc(0), 0, headers, signal);
  }

  /**
   * Reads a blob from an offset on.
   * @param url of the blob, with its SAS
   * @param most bytes to read
   * @returns no bytes where the blob ends at or before the offset; undefined where there is no such blob (yet)
   */
  async readRange(url: string, offset: number, most: number, signal: AbortSignal): Promise<BlobRange | undefined> {
    const response = await this.send(url, {
      method: 'GET',
      headers: { 'x-ms-range': `bytes=${offset}-${offset + most - 1}` },
      signal,
      accept: [404, 416],
    });
    if (response.status === 404) {
      await drain(response);
      return undefined;
    }
    const range = response.headers.get('content-range');
    const metadata = metadataIn(response);
    const bytes = await readBody(response, signal);
    if (response.status === 416) return { bytes: Buffer.alloc(0), blobSize: sizeIn(range) ?? offset, metadata };
    // A store that ignores ranges answers 200 with all of it.
    if (response.status === 200)
      return { bytes: bytes.subarray(offset, offset + most), blobSize: sizeIn(range) ?? bytes.length, metadata };
    return { bytes, blobSize: sizeIn(range) ?? offset + bytes.length, metadata };
  }

  /** @returns undefined where there is no such blob */
  async properties(
    url: string,
    signal: AbortSignal,
  ): Promise<{ size: number; metadata: Readonly<Record<string, string>> } | undefined> {
    const response = await this.send(url, { method: 'HEAD', signal, accept: [404] });
    await drain(response);
    if (response.status === 404) return undefined;
    return { size: Number(response.headers.get('content-length') ?? 0), metadata: metadataIn(response) };
  }

  /**
   * Opens a blob to be read as a stream; its size is known before the first byte is. A connection that breaks on the way
   * is taken up again where it broke, as long as the blob is still the same.
   */
  async open(url: string, signal: AbortSignal): Promise<{ size: number; stream: Readable }> {
    const response = await this.send(url, { method: 'GET', signal });
    const size = Number(response.headers.get('content-length'));
    return { size, stream: Readable.from(this.resuming(url, response, size, signal), { objectMode: false }) };
  }

  private async *resuming(
    url: string,
    first: PipelineResponse,
    size: number,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    const etag = first.headers.get('etag');
    let response = first;
    let offset = 0;
    for (let breaks = 0; ;) {
      try {
        for await (const piece of pieces(response, signal)) {
          offset += piece.length;
          breaks = 0;
          yield piece;
        }
        // Not known of an answer that some proxy has sent on in chunks.
        if (!(offset < size)) return;
        throw unreachable(response.request, new Error(`the connection ended after ${offset} of ${size} bytes`));
      } catch (error) {
        if (signal.aborted || ++breaks > mostBreaks) throw error;
      }
      const headers = { 'x-ms-range': `bytes=${offset}-`, ...(etag ? { 'if-match': etag } : {}) };
      response = await this.send(url, { method: 'GET', headers, signal });
      // A store that ignores ranges begins again.
      if (response.status !== 206)
        throw new Error(`The storage cannot go on at byte ${offset} of ${url.split('?')[0]}.`);
    }
  }

  /** Reads a small answer, such as a list of blobs, as text. */
  async text(url: string, signal: AbortSignal): Promise<string> {
    for (let breaks = 0; ;) {
      try {
        return (await readBody(await this.send(url, { method: 'GET', signal }), signal)).toString('utf8');
      } catch (error) {
        // Refused, it would be so again; broken off in the midst of the answer it need not be.
        const isBroken = error instanceof AzureFailure && error.status === undefined;
        if (signal.aborted || !isBroken || ++breaks > mostBreaks) throw error;
      }
    }
  }

  /**
   * Uploads what a stream yields, whose length nobody knows before its end, as a block blob. At most
   * `parallelStreamBlocks + 1` blocks are in memory.
   * @param url of the blob, with its SAS
   * @returns the bytes sent
   */
  async uploadStream(
    url: string,
    source: AsyncIterable<Buffer>,
    signal: AbortSignal,
    onProgress: (bytes: number) => void = () => undefined,
  ): Promise<number> {
    const ids: string[] = [];
    const underWay = new Set<Promise<void>>();
    const free: Buffer[] = [];
    let sent = 0;
    // One refused block ends the others that are under way.
    const failed = new AbortController();
    const stop = sharedStop(signal, failed.signal);
    for await (const block of inBlocks(source, streamBlockSize, free)) {
      const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64');
      ids.push(id);
      const request = this.put(withQuery(url, { comp: 'block', blockid: id }), block, block.length, {}, stop).then(
        () => {
          underWay.delete(request);
          if (block.length === streamBlockSize) free.push(block);
          onProgress((sent += block.length));
        },
      );
      // A failure shows at the next await below, not as a rejection that nobody handles.
      request.catch((error: unknown) => failed.abort(error));
      underWay.add(request);
      if (underWay.size >= parallelStreamBlocks) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    const list = Buffer.from(
      `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`,
    );
    await this.put(withQuery(url, { comp: 'blocklist' }), list, list.length, {}, signal);
    return sent;
  }

  /** Streams a blob into a file, whose folder is made where it is missing. */
  async download(url: string, file: string, signal: AbortSignal): Promise<void> {
    const { stream } = await this.open(url, signal);
    await fs.promises.mkdir(path.dirname(file), { recursive: true });
    await pipe(stream, fs.createWriteStream(file), { signal });
  }

  private async put(
    url: string,
    body: Body,
    length: number,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const response = await this.send(url, {
      method: 'PUT',
      headers: { 'content-length': String(length), ...headers },
      body,
      signal,
    });
    await drain(response);
  }

  private async send(
    url: string,
    options: {
      method: 'GET' | 'HEAD' | 'PUT';
      headers?: Record<string, string>;
      body?: Body;
      signal: AbortSignal;
      accept?: readonly number[];
    },
  ): Promise<PipelineResponse> {
    const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
    const request = createPipelineRequest({
      url,
      method: options.method,
      headers: createHttpHeaders({ 'x-ms-version': storageVersion, ...options.headers }),
      body: options.body,
      streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
      abortSignal: options.signal,
      allowInsecureConnection: url.startsWith('http:'),
      timeout: 300_000,
    });
    let response: PipelineResponse;
    try {
      // Who does not take 404 for an answer knows that the blob is there.
      const isThere = options.method !== 'PUT' && !options.accept?.includes(404);
      response = await (await (this.sender ??= this.session.sender()))(setTraits(request, { isThere }));
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw unreachable(request, error as Error);
    }
    if ((response.status >= 200 && response.status < 300) || options.accept?.includes(response.status)) return response;
    throw refusal(request, response, (await readBody(response, options.signal)).toString('utf8'));
  }
}

/** @param body XML, as Azure Storage refuses */
function refusal(request: PipelineRequest, { status, headers }: PipelineResponse, body: string): AzureFailure {
  const code = headers.get('x-ms-error-code') ?? /<Code>([^<]*)/.exec(body)?.[1] ?? '';
  const message = (/<Message>([^<]*)/.exec(body)?.[1] ?? body).split('\n')[0]!;
  return new AzureFailure(
    `Azure Storage answered ${`${status} ${code}`.trim()} to ${asked(request)}${message ? `: ${message}` : '.'}`,
    status === 403
      ? "The storage account's firewall or the permission's end may be why: check its network rules."
      : undefined,
    status,
    code,
    message,
    undefined,
  );
}

/** The URL of a blob under its container's URL, with a SAS where that has one. Names may hold any character. */
export function blobUrl(container: string | Secret, blob: string): string {
  const [base, query] = (typeof container === 'string' ? container : container.reveal()).split(/\?(.*)/s);
  return `${base!.replace(/\/+$/, '')}/${blob.split('/').map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

function withQuery(url: string, query: Record<string, string>): string {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return `${url}${url.includes('?') ? '&' : '?'}${text}`;
}

/** Runs the work over all items, a few at once; the first failure stops the others and is thrown when they have ended. */
async function inParallel<T>(
  most: number,
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = sharedStop(signal, failed.signal);
  const queue = items[Symbol.iterator]();
  let failure: Error | undefined;
  const worker = async () => {
    while (!stop.aborted) {
      try {
        const next = queue.next();
        if (next.done) return;
        await work(next.value, stop);
      } catch (error) {
        failure ??= error as Error;
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  if (failure !== undefined) throw failure;
  signal.throwIfAborted();
}

function start(file: string, size: number): () => NodeJS.ReadableStream {
  return () => fs.createReadStream(file, { end: size - 1, highWaterMark: smallFile });
}

function readStart(file: string, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  if (readAtOnce(file, bytes) < size) throw becameShorter(file);
  return bytes;
}

function becameShorter(file: string): TaskFailure {
  return new TaskFailure(`The file ${file} became shorter while it was uploaded.`);
}

async function readBody(response: PipelineResponse, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of pieces(response, signal)) parts.push(piece);
  return Buffer.concat(parts);
}

/**
 * What an answer brings, piece by piece.
 * @throws AzureFailure without a status where the connection breaks or falls silent on the way
 */
async function* pieces(response: PipelineResponse, signal: AbortSignal) {
  try {
    yield* streamedAnswer(response);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw unreachable(response.request, error as Error);
  }
}

/** The URL without its permission. */
const asked = ({ method, url }: PipelineRequest): string => `${method} ${url.split('?')[0]}`;

function unreachable(request: PipelineRequest, error: Error & { code?: string }): AzureFailure {
  return new AzureFailure(
    `Azure Storage could not be reached (${asked(request)}): ${error.message}`,
    "Check the agent's network, proxy and firewall, and the storage account's network rules.",
    undefined,
    error.code ?? '',
    error.message,
    error,
  );
}

/** Empties the answer, so that its connection can be used again. */
async function drain(response: PipelineResponse): Promise<void> {
  response.readableStreamBody?.resume();
  await Promise.resolve();
}

/**
 * Cuts a stream into pieces of one size; only the last may be smaller.
 * @param free buffers of that size that may be written over: what is used again need not be collected
 */
async function* inBlocks(source: AsyncIterable<Buffer>, size: number, free: Buffer[]): AsyncGenerator<Buffer> {
  let block: Buffer | undefined;
  let length = 0;
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length;) {
      block ??= free.pop() ?? Buffer.allocUnsafeSlow(size);
      const copied = chunk.copy(block, length, start);
      start += copied;
      length += copied;
      if (length < size) continue;
      yield block;
      block = undefined;
      length = 0;
    }
  }
  if (block) yield block.subarray(0, length);
}

function metadataIn(response: PipelineResponse): Record<string, string> {
  const prefix = 'x-ms-meta-';
  return Object.fromEntries(
    Object.entries(response.headers.toJSON())
      .filter(([name]) => name.toLowerCase().startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]),
  );
}

function sizeIn(contentRange: string | undefined): number | undefined {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}
