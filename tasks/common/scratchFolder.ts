import * as fs from 'node:fs';
import * as path from 'node:path';

/** Works in a new folder that is gone afterwards, however the work ends. @param name that the folder's begins with */
export async function inScratchFolder<T>(temp: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(temp, `${name}-`));
  try {
    return await work(folder);
  } finally {
    // On Windows a file stays for a moment that a virus scanner reads.
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
