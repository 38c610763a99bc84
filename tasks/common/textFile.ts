import * as fs from 'node:fs';
import { TaskFailure } from './taskFailure';

const byteOrderMarks: ReadonlyArray<[encoding: string, mark: readonly number[]]> = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * Reads a text that a user hands in, in the encoding that it has: by its byte order mark (PowerShell writes UTF-16), by a
 * `coding:` comment in its first two lines as pip and Python do, else UTF-8.
 * @param mostBytes a bigger file is not what it is taken for, and is not read
 * @throws TaskFailure that names the file and its encoding or size
 */
export function readTextFile(file: string, mostBytes = 4 * 1024 * 1024): string {
  const { size } = fs.statSync(file);
  if (size > mostBytes) {
    throw new TaskFailure(
      `The file ${file} has ${(size / 1e6).toFixed(1)} MB, more than the ${(mostBytes / 1e6).toFixed(1)} MB that such a file may have.`,
      'Check that it is the file that you mean.',
    );
  }
  return decodeText(fs.readFileSync(file), file);
}

function decodeText(bytes: Buffer, file: string): string {
  const marked = byteOrderMarks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
  const declared = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/m.exec(
    bytes.subarray(0, 1000).toString('latin1').split(/\r?\n/, 2).join('\n'),
  )?.[1];
  const encoding =
    marked ??
    declared
      ?.toLowerCase()
      .replace(/_/g, '-')
      .replace(/^latin-1$/, 'latin1') ??
    'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new TaskFailure(`The file ${file} cannot be read as ${encoding.toUpperCase()} text.`, 'Save it as UTF-8.');
  }
}
