import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { takeFileLock } from '../azure/processes/fileLock';
import type { Python } from './findPython';

const run = promisify(execFile);

/** From PyPI, whose wheel holds the program. */
const pinned = 'uv==0.13.9';

/** What makes Python environments in a tenth of pip's time. */
export interface Uv {
  executable: string;
  /** pip's own settings in uv's words: uv does not read pip's configuration. */
  environment: Record<string, string>;
}

const found = new Map<string, Promise<Uv | undefined>>();

/**
 * uv as this machine has it, or else from PyPI into the cache. Undefined where neither can be had: then pip does the work. It
 * is looked for once in a process.
 */
export function findUv(cacheDir: string, python: Python): Promise<Uv | undefined> {
  const known = found.get(cacheDir);
  if (known) return known;
  const search = find(cacheDir, python).catch(() => undefined);
  found.set(cacheDir, search);
  return search;
}

async function find(cacheDir: string, python: Python): Promise<Uv | undefined> {
  const settings = run(python.executable, ['-m', 'pip', 'config', 'list']).then(
    ({ stdout }) => stdout,
    // A Python without pip: its settings are only in the environment.
    () => '',
  );
  const executable = (await works('uv')) ? 'uv' : await bootstrap(cacheDir, python);
  if (!executable) return undefined;
  const environment = uvEnvironment(await settings, process.env);
  // The user's own, said aloud: what runs under another home shares it, and nothing is fetched twice.
  const cache = await run(executable, ['cache', 'dir']).then(
    ({ stdout }) => stdout.trim(),
    () => resolve(cacheDir, 'uv'),
  );
  return { executable, environment: { ...environment, UV_CACHE_DIR: cache } };
}

async function works(executable: string): Promise<boolean> {
  return run(executable, ['--version']).then(
    () => true,
    () => false,
  );
}

/** A virtual environment that holds uv and nothing else. */
async function bootstrap(cacheDir: string, python: Python): Promise<string | undefined> {
  const directory = resolve(cacheDir, 'python', pinned.replace('==', '-'));
  const executable = join(directory, 'bin', 'uv');
  for (;;) {
    if (existsSync(executable) && (await works(executable))) return executable;
    const lock = takeFileLock(`${directory}.lock`);
    if (!('release' in lock)) {
      await sleep(200);
      continue;
    }
    try {
      rmSync(directory, { recursive: true, force: true });
      await run(python.executable, ['-m', 'venv', directory]);
      const install = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:'];
      await run(join(directory, 'bin', 'python'), [...install, '--retries', '1', pinned]);
      return (await works(executable)) ? executable : undefined;
    } catch {
      rmSync(directory, { recursive: true, force: true });
      return undefined;
    } finally {
      lock.release();
    }
  }
}

/** uv's name for a setting of pip, and what stands between several values. */
const uvNames: Record<string, [name: string, separator: string]> = {
  'index-url': ['UV_DEFAULT_INDEX', ' '],
  'extra-index-url': ['UV_INDEX', ' '],
  'find-links': ['UV_FIND_LINKS', ','],
  'trusted-host': ['UV_INSECURE_HOST', ' '],
  constraint: ['UV_CONSTRAINT', ' '],
  'no-index': ['UV_NO_INDEX', ' '],
  cert: ['SSL_CERT_FILE', ' '],
  proxy: ['ALL_PROXY', ' '],
  'default-timeout': ['UV_HTTP_TIMEOUT', ' '],
  timeout: ['UV_HTTP_TIMEOUT', ' '],
};

/**
 * Reads what `pip config list` prints, e.g. `global.index-url='https://…'`, where those of `install` and of the environment
 * stand above those of all commands. What uv was told itself stays.
 */
export function uvEnvironment(pipSettings: string, own: NodeJS.ProcessEnv): Record<string, string> {
  const rank = (section: string): number => ['global', 'install', ':env:'].indexOf(section);
  const lines = pipSettings.split(/\r?\n/).flatMap((line) => {
    const [, section = '', key = '', value = ''] = /^(:env:|\w+)\.([\w-]+)='(.*)'$/.exec(line) ?? [];
    return rank(section) < 0 ? [] : [{ section, key, value }];
  });
  lines.sort((one, other) => rank(one.section) - rank(other.section));
  // pip takes the best version of all its indexes; uv would take the first index that has the package.
  const result: Record<string, string> = {
    UV_INDEX_STRATEGY: 'unsafe-best-match',
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
  };
  for (const { key, value } of lines) {
    const [name, separator] = uvNames[key] ?? [];
    const text = value.replaceAll('\\n', '\n').trim();
    if (name && text) result[name] = text.split(/\s+/).join(separator);
  }
  for (const name of Object.keys(result)) if (own[name]) delete result[name];
  return result;
}
