import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processStartTime } from './processRecords';

export interface LockOwner {
  pid: number;
  startTime?: string;
}

/**
 * Takes a lock that is a file naming its process. A lock whose process is gone counts for nothing. Returns what releases
 * it, or the living process that holds it.
 */
export function takeFileLock(file: string): { release: () => void } | { owner: LockOwner } {
  mkdirSync(dirname(file), { recursive: true });
  const content = JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) } satisfies LockOwner);
  for (;;) {
    try {
      writeFileSync(file, content, { flag: 'wx' });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(file);
    if (owner && processStartTime(owner.pid) === owner.startTime) return { owner };
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}
