import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TaskFailure } from '../common/taskFailure';
import { readDockerIgnore } from './ignoreFile';

/** A file of a build context, opened when its turn comes. */
export interface ContextFile {
  /** With slashes, relative to the context's root. */
  readonly path: string;
  readonly executable?: boolean;
  open(signal: AbortSignal): Promise<{ size: number; stream: Readable }>;
}

export function textFile(name: string, text: string): ContextFile {
  const bytes = Buffer.from(text);
  return { path: name, open: () => Promise.resolve({ size: bytes.length, stream: Readable.from([bytes]) }) };
}

/**
 * The files of a folder, sorted, without those that its .dockerignore names and without version control's own.
 * Symbolic links are followed, as the builder is somewhere else.
 * @param into folder of the context that they go to; empty for its root
 */
export function directoryFiles(directory: string, into: string): ContextFile[] {
  const ignoreFile = path.join(directory, '.dockerignore');
  const ignored = fs.existsSync(ignoreFile) ? readDockerIgnore(fs.readFileSync(ignoreFile, 'utf8')) : () => false;
  const found: ContextFile[] = [];
  const walk = (relative: string, above: readonly string[]) => {
    const here = path.join(directory, relative);
    const real = fs.realpathSync(here);
    if (above.includes(real)) throw new TaskFailure(`The folder ${here} is a link to a folder that it lies in.`);
    for (const name of fs.readdirSync(here).sort()) {
      const inner = relative ? `${relative}/${name}` : name;
      if (/^(\.git|\.hg|\.svn|\.dockerignore|__pycache__)$/.test(name)) continue;
      const file = path.join(directory, inner);
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      // A folder that is left out is walked all the same: a pattern with ! may take back a file in it.
      if (stat?.isDirectory()) walk(inner, [...above, real]);
      else if (stat?.isFile() && !ignored(inner)) found.push(localFile(file, into ? `${into}/${inner}` : inner, stat));
    }
  };
  walk('', []);
  return found;
}

function localFile(file: string, name: string, stat: fs.Stats): ContextFile {
  return {
    path: name,
    executable: (stat.mode & 0o100) !== 0,
    open: () =>
      Promise.resolve({
        size: stat.size,
        // A file that grows meanwhile is cut at the size that the archive's header tells.
        stream: stat.size > 0 ? fs.createReadStream(file, { end: stat.size - 1 }) : Readable.from([]),
      }),
  };
}

/**
 * The context as a tar.gz, made while it is read: of a file never more than some buffers are in memory. The same files
 * give the same bytes.
 */
export async function* archive(files: readonly ContextFile[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const { pack: createPack } = await import('tar-stream');
  const pack = createPack();
  // The fastest level: models hardly get smaller, and most agents send faster than they compress.
  const gzip = createGzip({ level: 1, chunkSize: 64 * 1024 });
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const written = (async () => {
    for (const file of files) {
      stop.throwIfAborted();
      const { size, stream } = await file.open(stop);
      const header = { name: file.path, size, mode: file.executable ? 0o755 : 0o644, mtime: new Date(0) };
      const entry = pack.entry(header);
      await pipeline(stream, entry, { signal: stop });
    }
    pack.finalize();
  })();
  const compressed = pipeline(pack, gzip, { signal: stop });
  // Whichever fails ends the others; the first error is the one that tells.
  let failure: unknown;
  const ended = Promise.all(
    [written, compressed].map((each) =>
      each.catch((error: unknown) => {
        failure ??= error;
        failed.abort(error);
        gzip.destroy(error as Error);
      }),
    ),
  );
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
  } catch (error) {
    failure ??= error;
  } finally {
    failed.abort(new Error('The archive was not read to its end.'));
    await ended;
  }
  if (signal.aborted) throw signal.reason;
  if (failure !== undefined) throw failure;
}

/** SHA-256, in hex, of the files' names, modes and contents. */
export async function hashFiles(files: readonly ContextFile[], signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = createHash('sha256');
    for await (const chunk of (await file.open(signal)).stream) content.update(chunk as Buffer);
    hash.update(`${JSON.stringify([file.path, file.executable === true, content.digest('hex')])}\n`);
  }
  return hash.digest('hex');
}
