import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import type { RunRecord } from './runRecord';

/** Makes the folder of the next run, `<runs>/<n>`, and points `<runs>/latest` to it. */
export function createRunFolder(runs: string): { id: number; folder: string } {
  mkdirSync(runs, { recursive: true });
  let id = Math.max(0, ...runIds(runs)) + 1;
  // Another agent may take the number between the look and the making.
  for (; ; id++) {
    try {
      mkdirSync(path.join(runs, String(id)));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const latest = path.join(runs, 'latest');
  rmSync(latest, { recursive: true, force: true });
  try {
    symlinkSync(String(id), latest, 'dir');
  } catch {
    // Where links are not allowed a file names the run.
    writeFileSync(latest, `${id}\n`);
  }
  return { id, folder: path.join(runs, String(id)) };
}

/** The folders of all runs, the newest first. */
export function runFolders(runs: string): string[] {
  return runIds(runs)
    .sort((a, b) => b - a)
    .map((id) => path.join(runs, String(id)));
}

export function writeRunRecord(folder: string, run: RunRecord): void {
  writeFileSync(path.join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}

export function readRunRecord(folder: string): RunRecord {
  return JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as RunRecord;
}

function runIds(runs: string): number[] {
  return existsSync(runs)
    ? readdirSync(runs)
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];
}
