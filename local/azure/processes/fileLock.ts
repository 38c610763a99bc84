import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  const own = `${file}.${randomUUID()}`;
  writeFileSync(
    own,
    JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) } satisfies LockOwner),
  );
  try {
    for (;;) {
      try {
        // A link comes with its content: nobody ever reads a lock that does not name its owner yet.
        linkSync(own, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = readOwner(file);
      if (owner && isAlive(owner)) return { owner };
      removeStale(file, `${own}.stale`);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Between the look and the removal another process may have taken the lock: then it gets it back. */
function removeStale(file: string, aside: string): void {
  try {
    renameSync(file, aside);
    const owner = readOwner(aside);
    if (owner && isAlive(owner)) linkSync(aside, file);
  } catch {
    // Another one removed it, or has it by now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive({ pid, startTime }: LockOwner): boolean {
  return processStartTime(pid) === startTime;
}

function readOwner(file: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}
