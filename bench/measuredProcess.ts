/** Our side and a reference do the same work each in a process of its own, which says at its end what it took. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { cacheDir } from './rows';

const root = path.join(__dirname, '..');

/** Runs a program; the last line of its stderr is JSON: what it measured of itself. */
export async function measuredProcess<T>(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => undefined,
): Promise<T> {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  let rest = '';
  child.stderr.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-20_000)));
  child.stdout.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
  const [code] = (await once(child, 'close')) as [number];
  const result = errors.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !result.startsWith('{')) throw new Error(`${path.basename(args[0]!)} failed: ${errors}`);
  return JSON.parse(result) as T;
}

/** Bundles one of our sides as a task is bundled. @returns the program */
export async function bundled(source: string): Promise<string> {
  const outfile = path.join(cacheDir, source.replace(/\.ts$/, '.cjs'));
  await build({
    entryPoints: [path.join(root, 'bench', source)],
    outfile,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outfile;
}

/** @returns the Python that has the package, from PyPI at the first call */
export function pythonWith(name: string, version: string): string {
  const venv = path.join(cacheDir, `${name}-${version}`);
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const done = path.join(venv, 'installed');
  if (!existsSync(done)) {
    mkdirSync(cacheDir, { recursive: true });
    execFileSync('python3', ['-m', 'venv', venv]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `${name}==${version}`], { stdio: 'inherit' });
    writeFileSync(done, '');
  }
  return python;
}
