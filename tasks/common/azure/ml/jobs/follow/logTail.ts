import type { BlobTransfer } from '../../../storage/blobTransfer';

/** A request asks for at most so many bytes, so that a log of gigabytes is taken up in constant memory. */
const mostBytes = 1024 * 1024;
/** A line that goes on beyond so many bytes is given out in pieces, so that one without an end needs no more memory than that. */
const longestLine = 64 * 1024;
/** Text is made of so many bytes at once: what is larger lies outside of what V8 collects at once, and piles up to hundreds of MB. */
const pieceSize = 64 * 1024;
const lineEnd = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads a log file that grows, each byte once. Lines are given out when they are whole; a character that lies across
 * two reads stays in one piece.
 */
export class LogTail {
  private offset = 0;
  private rest: Buffer = Buffer.alloc(0);

  /** @param taken resolves when what was given out has gone on its way: nothing more is read before */
  constructor(
    private readonly transfer: Pick<BlobTransfer, 'readRange'>,
    private readonly taken: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * Gives the lines that came since the last read to `write`.
   * @param url of the file, with its SAS
   * @returns whether the file held anything new
   */
  async read(url: string, write: (lines: string[]) => void, signal: AbortSignal): Promise<boolean> {
    let any = false;
    for (;;) {
      const range = await this.transfer.readRange(url, this.offset, mostBytes, signal);
      if (!range) return any;
      if (range.blobSize < this.offset) {
        // The node was lost and the service began the job, and its log, again.
        this.flush(write);
        this.offset = 0;
        continue;
      }
      if (range.bytes.length === 0) return any;
      any = true;
      this.offset += range.bytes.length;
      this.take(range.bytes, write);
      await this.taken();
      if (this.offset >= range.blobSize) return any;
    }
  }

  /** Gives out what stands after the last line end. */
  flush(write: (lines: string[]) => void): void {
    if (this.rest.length > 0) write(withoutOverwritten([this.rest.toString('utf8')]));
    this.rest = Buffer.alloc(0);
  }

  private take(bytes: Buffer, write: (lines: string[]) => void): void {
    if (this.offset === bytes.length && bytes.subarray(0, 3).equals(byteOrderMark)) bytes = bytes.subarray(3);
    for (let begin = 0; begin < bytes.length; begin += pieceSize) {
      this.takePiece(bytes.subarray(begin, begin + pieceSize), write);
    }
  }

  private takePiece(bytes: Buffer, write: (lines: string[]) => void): void {
    const end = bytes.lastIndexOf(lineEnd);
    if (end < 0) {
      this.rest = lastFrame(Buffer.concat([this.rest, bytes]));
    } else {
      const whole = Buffer.concat([this.rest, bytes.subarray(0, end)]).toString('utf8');
      this.rest = lastFrame(Buffer.from(bytes.subarray(end + 1)));
      write(withoutOverwritten(whole.split('\n')));
    }
    this.shorten(write);
  }

  /** Gives out what is too long to wait for its end. */
  private shorten(write: (lines: string[]) => void): void {
    let begin = 0;
    while (this.rest.length - begin > longestLine) {
      let end = begin + longestLine;
      // A character, of four bytes at most, stays in one piece.
      for (let back = 0; back < 3 && (this.rest[end]! & 0xc0) === 0x80; back++) end--;
      write(withoutOverwritten([this.rest.toString('utf8', begin, end)]));
      begin = end;
    }
    if (begin > 0) this.rest = Buffer.from(this.rest.subarray(begin));
  }
}

/** What need be kept of a line that is not ended yet: a progress bar may write over it for hours. */
function lastFrame(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line[end - 1] === carriageReturn) end--;
  const begin = end > 0 ? line.lastIndexOf(carriageReturn, end - 1) : -1;
  return begin < 0 ? line : Buffer.from(line.subarray(begin + 1));
}

/** Of a progress bar, which writes over itself by carriage returns, only what would be left on a screen. */
function withoutOverwritten(lines: string[]): string[] {
  return lines.map((line) => {
    if (!line.includes('\r')) return line;
    const frames = line.split('\r').filter((frame) => frame !== '');
    return frames.at(-1) ?? '';
  });
}
