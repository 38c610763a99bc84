import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Python } from './findPython';
import { findUv } from './uv';

const run = promisify(execFile);

/**
 * Brings packages into uv's cache while other work goes on, once: what installs them later finds them there. Whatever goes wrong, that
 * installation will say so.
 */
export async function fetchAhead(
  requirements: readonly string[],
  python: Python,
  cacheDir: string,
  signal: AbortSignal,
): Promise<void> {
  const uv = await findUv(cacheDir, python);
  if (!uv || requirements.length === 0) return;
  const key = createHash('sha256')
    .update(JSON.stringify([python, requirements]))
    .digest('hex')
    .slice(0, 20);
  const done = resolve(cacheDir, 'python', `${key}.fetched`);
  if (existsSync(done)) return;
  const folder = resolve(cacheDir, 'python', `${key}.ahead-${process.pid}`);
  const list = join(folder, 'requirements.txt');
  const target = ['--python', python.executable, '--target', join(folder, 'packages')];
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(list, requirements.join('\n') + '\n');
    const env = { ...process.env, ...uv.environment };
    await run(uv.executable, ['pip', 'install', '--quiet', ...target, '-r', list], { env, signal });
    writeFileSync(done, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
