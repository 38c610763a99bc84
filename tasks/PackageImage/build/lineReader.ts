import { StringDecoder } from 'node:string_decoder';

/** A line that goes on beyond so many characters is given out in pieces, so that one without an end needs no more memory than that. */
const longestLine = 64 * 1024;

/** Turns pieces of a log into whole lines. A character or line may be cut anywhere; \r\n becomes \n. */
export class LineReader {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  /** @param print gets one or more whole lines, each with its \n */
  constructor(private readonly print: (lines: string) => void) {}

  write(bytes: Buffer): void {
    this.rest += this.decoder.write(bytes);
    const end = this.rest.lastIndexOf('\n') + 1;
    if (end > 0) {
      const lines = this.rest.slice(0, end);
      this.rest = this.rest.slice(end);
      this.print(lines.replace(/\r+\n/g, '\n'));
    }
    if (this.rest.length <= longestLine) return;
    this.print(`${this.rest}\n`);
    this.rest = '';
  }

  /** Gives out a last line that has no end. */
  end(): void {
    const last = this.rest + this.decoder.end();
    this.rest = '';
    if (last !== '') this.print(`${last}\n`);
  }
}
