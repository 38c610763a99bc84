import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeFileLock } from '../azure/processes/fileLock';
import { allPythons, type Python } from './findPython';
import { findUv } from './uv';
import { onLines } from '../lines';
import { signalGroup } from '../processSignals';

export interface VirtualEnvironmentOptions {
  python: Python;
  /** As pip takes them. */
  requirements: string[];
  cacheDir: string;
  /** Gets each line of the installer's output. */
  log: (line: string) => void;
  signal?: AbortSignal;
}

export interface VirtualEnvironment {
  /** Absolute path of its Python. */
  executable: string;
  /** The directory of its programs, to be put first on the PATH. */
  bin: string;
  pythonVersion: string;
  /** It was made earlier from the same requirements. */
  reused: boolean;
  /** What is not as it was asked for, in plain words. */
  notes: string[];
}

/** An environment could not be made; the message says why and what to do. */
export class EnvironmentError extends Error {}

/**
 * A virtual environment with the requirements, made at the first call, by uv where it can be had and else by pip, and kept in
 * the cache by its content. Where the package index is out of reach, a Python of this machine that has all the packages takes
 * its place, which is noted.
 */
export async function virtualEnvironment(options: VirtualEnvironmentOptions): Promise<VirtualEnvironment> {
  const { python, requirements, cacheDir, signal } = options;
  const content = JSON.stringify([python.executable, python.version, requirements, process.platform, process.arch]);
  const key = createHash('sha256').update(content).digest('hex').slice(0, 20);
  const directory = resolve(cacheDir, 'python', key);
  const complete = `${directory}.complete.json`;
  const environment = (reused: boolean): VirtualEnvironment => ({
    executable: join(directory, 'bin', 'python'),
    bin: join(directory, 'bin'),
    pythonVersion: python.version,
    reused,
    notes: [],
  });
  for (;;) {
    if (isComplete(complete)) return environment(true);
    const lock = takeFileLock(`${directory}.lock`);
    if (!('release' in lock)) {
      await sleep(200, undefined, { signal });
      continue;
    }
    try {
      if (isComplete(complete)) return environment(true);
      rmSync(directory, { recursive: true, force: true });
      await create(directory, options);
      writeFileSync(complete, content);
      return environment(false);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      if (!(error instanceof OutOfReach)) throw error;
      return await standIn(options, error);
    } finally {
      lock.release();
    }
  }
}

/** The package index did not answer. */
class OutOfReach extends EnvironmentError {}

function isComplete(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

async function create(directory: string, options: VirtualEnvironmentOptions): Promise<void> {
  if (await createByUv(directory, options)) return;
  rmSync(directory, { recursive: true, force: true });
  await createByPip(directory, options);
}

/** False where there is no uv, or it cannot do it: pip may, and its own words for why not are those that users know. */
async function createByUv(directory: string, options: VirtualEnvironmentOptions): Promise<boolean> {
  const { python, requirements, cacheDir, log, signal } = options;
  if (requirements.length === 0) return false;
  const uv = await findUv(cacheDir, python);
  if (!uv) return false;
  signal?.throwIfAborted();
  log(`Creating a virtual environment with Python ${python.version} by uv`);
  const call = (args: string[]) => run(uv.executable, args, log, signal, uv.environment);
  // A conda environment has pip too, and some training scripts call it.
  const made = await call(['venv', '--quiet', '--seed', '--python', python.executable, directory]);
  if (made.code !== 0) return false;
  const list = writeRequirements(directory, requirements);
  const installed = await call(['pip', 'install', '--python', join(directory, 'bin', 'python'), '-r', list]);
  if (installed.code !== 0) log('uv could not do it; pip tries.');
  return installed.code === 0;
}

function writeRequirements(directory: string, requirements: string[]): string {
  const list = join(directory, 'requirements.txt');
  writeFileSync(list, requirements.join('\n') + '\n');
  return list;
}

async function createByPip(directory: string, options: VirtualEnvironmentOptions): Promise<void> {
  const { python, requirements, log, signal } = options;
  mkdirSync(directory, { recursive: true });
  log(`Creating a virtual environment with Python ${python.version}`);
  const made = await run(python.executable, ['-m', 'venv', directory], log, signal);
  if (made.code !== 0) {
    const hint = /ensurepip/.test(made.output) ? ' Install the package python3-venv.' : '';
    throw new EnvironmentError(
      `${python.executable} could not make a virtual environment.${hint}\n${lastLines(made.output)}`,
    );
  }
  if (requirements.length === 0) return;
  const list = writeRequirements(directory, requirements);
  const pip = [
    '-m',
    'pip',
    'install',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    '-r',
    list,
  ];
  const installed = await run(join(directory, 'bin', 'python'), pip, log, signal);
  if (installed.code === 0) return;
  // pip says the same of an index that it can not reach and of a package that is not there.
  const index = await run(
    join(directory, 'bin', 'python'),
    ['-m', 'pip', 'index', 'versions', 'pip'],
    () => undefined,
    signal,
  );
  if (index.code !== 0)
    throw new OutOfReach(`The Python package index is out of reach.\n${lastLines(installed.output)}`);
  throw new EnvironmentError(`pip could not install ${requirements.join(' ')}.\n${lastLines(installed.output)}`);
}

/** A Python of this machine that has every package. Other versions than those asked for are accepted and noted. */
async function standIn(options: VirtualEnvironmentOptions, cause: OutOfReach): Promise<VirtualEnvironment> {
  const wanted = options.requirements.map((requirement) => {
    const [, name, version = ''] = /^([\w.-]+)(?:\[[^\]]*\])?\s*([^;@]*)/.exec(requirement) ?? [];
    return { name, version: version.trim() };
  });
  const names = wanted.flatMap(({ name }) => (name ? [name] : []));
  const lacking: string[] = [];
  for (const python of [options.python, ...(await allPythons())]) {
    const versions = names.length === options.requirements.length ? await installedVersions(python, names) : {};
    const missing = names.filter((name) => !versions[name]);
    if (missing.length === 0 && names.length > 0) {
      const list = wanted.map(
        ({ name = '', version }) => `${name} ${versions[name]}${version ? ` (asked for ${version})` : ''}`,
      );
      return {
        executable: python.executable,
        bin: join(python.executable, '..'),
        pythonVersion: python.version,
        reused: true,
        notes: [`The Python package index is out of reach; ${python.executable} is used as it is: ${list.join(', ')}.`],
      };
    }
    lacking.push(`${python.executable} lacks ${missing.join(', ')}`);
  }
  throw new EnvironmentError(
    `The Python package index is out of reach, and no Python of this machine has the packages: ${lacking.join('; ')}. ` +
      `Connect to the index (or set PIP_INDEX_URL), or install the packages for one of them.`,
    { cause },
  );
}

async function installedVersions(python: Python, names: string[]): Promise<Record<string, string | undefined>> {
  const code = [
    'import json, sys',
    'from importlib.metadata import version, PackageNotFoundError',
    'found = {}',
    'for name in sys.argv[1:]:',
    '    try: found[name] = version(name)',
    '    except PackageNotFoundError: pass',
    'print(json.dumps(found))',
  ].join('\n');
  const result = await run(python.executable, ['-c', code, ...names], () => undefined);
  return result.code === 0 ? (JSON.parse(result.output) as Record<string, string>) : {};
}

function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-5).join('\n');
}

function run(
  program: string,
  args: string[],
  log: (line: string) => void,
  signal?: AbortSignal,
  more: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((settle, reject) => {
    signal?.throwIfAborted();
    // What this process's own Python setting says must not leak into the environment that is made.
    const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...env } = process.env;
    const child = spawn(program, args, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const end = (): void => signalGroup(child.pid, 'SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    let output = '';
    const read = (line: string, isEnded: boolean): void => {
      output += isEnded ? `${line}\n` : line;
      log(line);
    };
    onLines(child.stdout, read);
    onLines(child.stderr, read);
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason as Error);
      else settle({ code: code ?? 1, output });
    });
  });
}
