import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from './processRecords';

/**
 * Makes sure that only one local Azure works on a state directory. A lock whose process is gone counts for nothing.
 * Returns what releases it.
 */
export function lockState(stateDir: string): () => void {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'lock.json');
  const lock = JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) });
  for (;;) {
    try {
      writeFileSync(file, lock, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(file);
    if (owner && processStartTime(owner.pid) === owner.startTime) {
      throw new Error(
        `A local Azure already runs on ${stateDir} (process ${owner.pid}). Use it, stop it, or choose another state directory.`,
      );
    }
    rmSync(file, { force: true });
  }
}

function readOwner(file: string): { pid: number; startTime: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startTime: string };
  } catch {
    return undefined;
  }
}
