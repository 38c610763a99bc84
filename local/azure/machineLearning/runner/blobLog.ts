import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendBlobClient } from '@azure/storage-blob';

/** The largest block of an append blob is 4 MiB, and there may be 50,000 of them. */
const largestBlock = 4 * 1024 * 1024;
const shortestInterval = 100;

/** A log that is written live to an append blob: what comes in while a block is on its way goes with the next one. */
export class BlobLog {
  private pending: Buffer[] = [];
  private blocks = 0;
  private ended = false;
  private wake: () => void = () => undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly blob: AppendBlobClient) {}

  async open(): Promise<void> {
    await this.blob.create({ blobHTTPHeaders: { blobContentType: 'text/plain' } });
    this.writing = this.writeAll();
    // A failure is reported by close(); it must not end the process before.
    this.writing.catch(() => undefined);
  }

  write(chunk: Buffer | string): void {
    this.pending.push(Buffer.from(chunk));
    this.wake();
  }

  /** Waits until everything is in the blob. */
  async close(): Promise<void> {
    this.ended = true;
    this.wake();
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    for (;;) {
      if (this.pending.length === 0) {
        if (this.ended) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      const data = Buffer.concat(this.pending);
      this.pending = [];
      for (let start = 0; start < data.length; start += largestBlock) {
        const block = data.subarray(start, start + largestBlock);
        await this.blob.appendBlock(block, block.length);
        this.blocks++;
      }
      // Slower the longer it lasts, so that a log of days stays within the number of blocks.
      if (!this.ended) await sleep(shortestInterval * (1 + this.blocks / 2000));
    }
  }
}
