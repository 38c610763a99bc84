import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { readAtOnce, readInTurns } from '../storage/fileReading';
import type { SnapshotFile } from './snapshotFiles';

export const hashVersion = '202208';

const smallFile = 256 * 1024;
/** So many small files are read before anything else has its turn: some milliseconds. */
const filesInARow = 128;

/**
 * SHA-256, in hex, of a snapshot as azure-ai-ml computes it (hash version 202208): the number of files; each path and
 * size; each content. `files` are in the order of `listSnapshot`. Source: azure-ai-ml, _asset_utils.py.
 */
export async function hashSnapshot(files: readonly SnapshotFile[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(String(files.length));
  for (const file of files) hash.update(`#${file.path}#`).update(String(file.size));
  const buffer = Buffer.allocUnsafeSlow(smallFile);
  for (const [index, { file, size }] of files.entries()) {
    if (index % filesInARow === 0) await turn();
    signal?.throwIfAborted();
    const length = size < smallFile ? readAtOnce(file, buffer) : smallFile;
    // A buffer that is full may not have held all of it: the file has grown since it was listed.
    if (length < smallFile) hash.update(buffer.subarray(0, length));
    else
      for await (const piece of readInTurns(file)) {
        signal?.throwIfAborted();
        hash.update(piece);
      }
  }
  return hash.digest('hex');
}
