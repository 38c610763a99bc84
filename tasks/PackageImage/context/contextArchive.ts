import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { createGzip, deflateRawSync, gzipSync } from 'node:zlib';
import type { ContextFile } from './buildContext';

/** How much of a file's start tells whether it gets smaller, in bytes. */
const sampleSize = 64 * 1024;

/**
 * The context as a tar.gz, made while it is read: of a file never more than some buffers are in memory. The same files
 * give the same bytes. Each file is compressed by itself, which is one gzip file all the same (RFC 1952, section 2.2), so
 * that weights, which hardly get smaller, need not be tried: that takes longer than most agents take to send them.
 */
export async function* archive(files: readonly ContextFile[], signal: AbortSignal): AsyncGenerator<Buffer> {
  // Buffers that were sent stay in memory until V8's young generation is full, which Node 24 lets grow to many times
  // what Node 20 does. It is kept as it is.
  setFlagsFromString('--semi-space-growth-factor=1');
  for (const file of files) yield* compressed(file, signal);
  // The end of a tar archive is two empty blocks.
  yield gzipSync(Buffer.alloc(1024));
}

async function* compressed(file: ContextFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  if (file.link !== undefined) {
    yield gzipSync(await linkEntry(file.path, file.link));
    return;
  }
  const { pack: createPack } = await import('tar-stream');
  const { size, stream } = await file.open(signal);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const { start, all } = await withStart(stream, stop);
  const gzip = createGzip({ level: getsSmaller(start) ? 1 : 0, chunkSize: 64 * 1024 });
  const pack = createPack();
  const entry = pack.entry({ name: file.path, size, mode: file.executable ? 0o755 : 0o644, mtime: new Date(0) });
  const steps = [
    // Not finalize(), which would end the whole archive.
    pipeline(all, entry, { signal: stop }).then(() => void pack.push(null)),
    pipeline(pack, gzip, { signal: stop }),
  ];
  // Whichever fails ends the others; the first error is the one that tells.
  let failure: Error | undefined;
  const ended = Promise.all(
    steps.map((each) =>
      each.catch((error: unknown) => {
        failure ??= error as Error;
        failed.abort(error);
        gzip.destroy(error as Error);
      }),
    ),
  );
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
  } catch (error) {
    failure ??= error as Error;
  } finally {
    failed.abort(new Error('The archive was not read to its end.'));
    await ended;
  }
  if (signal.aborted) throw signal.reason as Error;
  if (failure !== undefined) throw failure;
}

async function linkEntry(name: string, linkname: string): Promise<Buffer> {
  const { pack: createPack } = await import('tar-stream');
  const pack = createPack();
  pack.entry({ name, type: 'symlink', linkname, mode: 0o777, mtime: new Date(0) });
  pack.push(null);
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A stream's first bytes, and a stream of all of them. */
async function withStart(stream: Readable, signal: AbortSignal): Promise<{ start: Buffer; all: Readable }> {
  const destroy = () => stream.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first: Buffer[] = [];
  let length = 0;
  try {
    while (length < sampleSize) {
      const next = await chunks.next();
      if (next.done) break;
      first.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  const all = Readable.from(
    (async function* () {
      try {
        yield* first.splice(0);
        for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
      } finally {
        destroy();
        signal.removeEventListener('abort', destroy);
      }
    })(),
    { objectMode: false },
  );
  return { start: Buffer.concat(first).subarray(0, sampleSize), all };
}

function getsSmaller(start: Buffer): boolean {
  return deflateRawSync(start, { level: 1 }).length < 0.9 * start.length;
}
