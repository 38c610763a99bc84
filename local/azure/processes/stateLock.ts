import { join } from 'node:path';
import { takeFileLock } from './fileLock';

/** Makes sure that only one local Azure works on a state directory. Returns what releases it. */
export function lockState(stateDir: string): () => void {
  const lock = takeFileLock(join(stateDir, 'lock.json'));
  if ('release' in lock) return lock.release;
  throw new Error(
    `A local Azure already runs on ${stateDir} (process ${lock.owner.pid}). Use it, stop it, or choose another state directory.`,
  );
}
