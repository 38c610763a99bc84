import { readFileSync } from 'node:fs';

/** Width and height of a PNG file in pixels. Source: PNG specification, IHDR is the first chunk. */
export function pngSize(file: string): { width: number; height: number } {
  const bytes = readFileSync(file);
  const isPng =
    bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG' && bytes.toString('latin1', 12, 16) === 'IHDR';
  if (!isPng) throw new Error(`${file} is not a PNG file.`);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
