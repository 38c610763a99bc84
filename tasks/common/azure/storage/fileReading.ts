import * as fs from 'node:fs';

const chunkSize = 1024 * 1024;

/**
 * Fills the buffer from a place in the file.
 * @returns the bytes read: fewer than the buffer holds only where the file ends
 */
export async function readFully(handle: fs.promises.FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/**
 * Fills the buffer from the begin of a small file, while everything else waits: of a file that is read in a few microseconds most of
 * the time would go into handing it to another thread, four times over.
 * @returns the bytes read: as many as the buffer holds where the file has as many or more
 */
export function readAtOnce(file: string, buffer: Buffer): number {
  const descriptor = fs.openSync(file, 'r');
  try {
    let filled = 0;
    while (filled < buffer.length) {
      const count = fs.readSync(descriptor, buffer, filled, buffer.length - filled, null);
      filled += count;
      if (count === 0) break;
    }
    return filled;
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Reads a file from begin to end. Of its two buffers one is filled while the other is looked at, so that a file of any
 * size takes the same memory.
 * @returns pieces that hold only until the next one is asked for
 */
export async function* readInTurns(file: string): AsyncGenerator<Buffer> {
  const handle = await fs.promises.open(file);
  try {
    const buffers = [Buffer.allocUnsafeSlow(chunkSize), Buffer.allocUnsafeSlow(chunkSize)] as const;
    let position = 0;
    let next = readFully(handle, buffers[0], position);
    for (let turn = 0; ; turn = 1 - turn) {
      const length = await next;
      if (length === 0) return;
      position += length;
      next = readFully(handle, buffers[1 - turn]!, position);
      // Its failure shows when it is its turn, not as a rejection that nobody handles.
      next.catch(() => undefined);
      yield buffers[turn]!.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}
