import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Python {
  /** Absolute path. */
  executable: string;
  /** e.g. 3.11.7 */
  version: string;
}

const oldest = [3, 9] as const;
/** The newest for which every pin of the quickstart and of the projects has wheels; `npm run pins` proves it. */
const newestTried = [3, 14] as const;
/** As a sentence names them. */
export const triedPythons = `3.10 to ${newestTried.join('.')}`;
const names = [
  'python3',
  'python',
  '/usr/bin/python3',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python3.9',
];
const probe = 'import sys, json, venv; print(json.dumps([sys.executable, "%d.%d.%d" % sys.version_info[:3]]))';

/**
 * A Python of this machine, 3.9 or newer. `wanted` is a path or name that must be used; `series` (e.g. "3.10") one that is
 * preferred if it is there. Throws an error that says what to install if there is none.
 */
export async function findPython(wanted?: string, series?: string): Promise<Python> {
  const candidates = wanted ? [wanted] : [...(series ? [`python${series}`, ...ofPyenv(series)] : []), ...names];
  const found = await pythons(candidates, wanted ? 1 : undefined);
  // A newer one may lack wheels, and comes last.
  const first = found.find(isTried) ?? found[0];
  if (first) return first;
  throw new Error(
    wanted
      ? `'${wanted}' is not a Python ${oldest.join('.')} or newer with the venv module.`
      : `No Python ${oldest.join('.')} or newer was found. Install one (on Debian and Ubuntu: python3 and python3-venv).`,
  );
}

/** Those that pyenv has installed, newest first; its `python3.10` starts one only where it is the chosen one. */
function ofPyenv(series: string): string[] {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  try {
    return readdirSync(versions)
      .filter((name) => name.startsWith(`${series}.`))
      .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
      .map((name) => join(versions, name, 'bin', 'python'));
  } catch {
    return [];
  }
}

/** Every distinct Python of this machine that can be used, best first. */
export function allPythons(wanted?: string): Promise<Python[]> {
  return pythons(wanted ? [wanted, ...names] : names, Infinity);
}

/** Those of the candidates that can be used; without `most` it ends at the first that is not too new. */
async function pythons(candidates: string[], most?: number): Promise<Python[]> {
  const found: Python[] = [];
  for (const candidate of candidates) {
    if (found.length >= (most ?? Infinity)) break;
    const python = await examine(candidate);
    if (python && !found.some((other) => other.executable === python.executable)) found.push(python);
    if (python && most === undefined && isTried(python)) break;
  }
  return found;
}

/** Whether the packages of the quickstart and of most projects have wheels for it. */
export function isTried({ version }: Python): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < newestTried[0] || (major === newestTried[0] && minor <= newestTried[1]);
}

async function examine(candidate: string): Promise<Python | undefined> {
  try {
    const { stdout } = await run(candidate, ['-c', probe], { timeout: 20_000 });
    const [executable, version] = JSON.parse(stdout) as [string, string];
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const recent = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
    return recent ? { executable, version } : undefined;
  } catch {
    return undefined;
  }
}
