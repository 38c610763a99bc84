import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls for each line of what a program prints, as it comes; lines end at \n. What the program prints last comes before its `close`.
 * @param onLine gets the line without its end, and whether it had one: only the last may have none
 */
export function onLines(stream: Readable | null, onLine: (line: string, isEnded: boolean) => void): void {
  /** Of the line that has not ended: each piece is looked at once, however long the line gets. */
  let pieces: string[] = [];
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const [first = '', ...others] = text.split('\n');
    pieces.push(first);
    for (const line of others) {
      onLine(pieces.join(''), true);
      pieces = [line];
    }
  });
  stream?.on('end', () => {
    const rest = pieces.join('');
    if (rest) onLine(rest, false);
  });
}

/**
 * Hands on each line of a stream. Lines end at \n, \r or \r\n, as .NET reads them; a last line needs no end. Each piece is
 * looked at once, so that a line of fifty megabytes takes as long as as many short ones.
 */
export async function readLines(stream: AsyncIterable<Buffer>, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  /** Of the line that has not ended. */
  let pieces: string[] = [];
  /** It may be the first half of \r\n. */
  let hasReturn = false;
  const take = (text: string): void => {
    const [first = '', ...others] = text.split(/\r\n|\n|\r/);
    pieces.push(first);
    for (const line of others) {
      onLine(pieces.join(''));
      pieces = [line];
    }
  };
  for await (const chunk of stream) {
    const text: string = (hasReturn ? '\r' : '') + decoder.write(chunk);
    hasReturn = text.endsWith('\r');
    take(hasReturn ? text.slice(0, -1) : text);
  }
  take(decoder.end());
  const rest = pieces.join('');
  if (rest !== '') onLine(rest);
}
