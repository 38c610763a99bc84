import { createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Blobs } from '../../context';
import type { StorageLocation } from '../assets/storageLocation';
import { userFailure } from './runFailure';

const parallel = 8;

/**
 * Brings data to a directory of the node. A location that is one blob, or a web address, becomes one file in it; anything
 * else the folder's content. Returns the path of the file or the folder. Fails the run if there is nothing.
 */
export async function download(
  blobs: Blobs,
  location: StorageLocation,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  if ('url' in location) return downloadWebFile(location.url, directory, signal);
  const container = blobs.container(location.container);
  const folder = location.path.replace(/\/?$/, location.path ? '/' : '');
  const names: string[] = [];
  for await (const blob of container.listBlobsFlat({ prefix: location.path.replace(/\/$/, ''), abortSignal: signal })) {
    if (blob.name === location.path) {
      const file = join(directory, basename(blob.name));
      await container.getBlobClient(blob.name).downloadToFile(file, undefined, undefined, { abortSignal: signal });
      return file;
    }
    if (blob.name.startsWith(folder)) names.push(blob.name);
  }
  if (names.length === 0) {
    throw userFailure(
      `DataAccessError(NotFound): nothing is at ${location.container}/${location.path}`,
      'DataAccessError',
    );
  }
  await forEachParallel(names, async (name) => {
    const file = join(directory, ...name.slice(folder.length).split('/'));
    await mkdir(dirname(file), { recursive: true });
    await container.getBlobClient(name).downloadToFile(file, undefined, undefined, { abortSignal: signal });
  });
  return directory;
}

/** Puts every file of a directory (or the one file that it is) beneath a prefix. Nothing happens if it is not there. */
export async function upload(blobs: Blobs, source: string, container: string, prefix: string): Promise<void> {
  const target = blobs.container(container);
  const put = (file: string, name: string) => target.getBlockBlobClient(name).uploadFile(file);
  const info = await stat(source).catch(() => undefined);
  if (!info) return;
  if (info.isFile()) {
    await put(source, prefix.endsWith('/') ? prefix + basename(source) : prefix);
    return;
  }
  const folder = prefix.replace(/\/?$/, '/');
  const entries = await readdir(source, { recursive: true });
  await forEachParallel(entries, async (entry) => {
    const file = join(source, entry);
    if ((await stat(file)).isFile()) await put(file, folder + entry.split('\\').join('/'));
  });
}

async function downloadWebFile(url: string, directory: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal }).catch((error: Error) => {
    throw userFailure(`DataAccessError(ConnectionFailure): ${url}: ${error.message}`, 'DataAccessError');
  });
  if (!response.ok || !response.body) {
    throw userFailure(`DataAccessError(NotFound): ${url} answered ${response.status}`, 'DataAccessError');
  }
  const file = join(directory, basename(new URL(url).pathname) || 'data');
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
  return file;
}

async function forEachParallel<T>(items: T[], action: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
}
