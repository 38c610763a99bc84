import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TaskLog } from './log';
import { messageOf } from './messageOf';

/** Where a scratch folder lies. */
interface Place {
  readonly temp: string;
  /** What its name begins with. */
  readonly name: string;
}

/** Works in a new folder that is gone afterwards, however the work ends. */
export async function inScratchFolder<T>(
  { temp, name }: Place,
  log: Pick<TaskLog, 'debug'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = fs.mkdtempSync(path.join(temp, `${name}-`));
  try {
    return await work(folder);
  } finally {
    remove(folder, log);
  }
}

/** On Windows a file stays for a while that a virus scanner reads. The agent empties its temporary folder, and the work is done. */
function remove(folder: string, log: Pick<TaskLog, 'debug'>): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    log.debug(`The temporary folder ${folder} stays: ${messageOf(error)}`);
  }
}
