import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Python } from './findPython';
import { findUv } from './uv';

const run = promisify(execFile);

/**
 * The package of these requirements of which there is no wheel for a Python, as the requirement was written; undefined where all
 * have one, or where nobody can tell: without uv, or without an index.
 */
export async function withoutWheel(
  requirements: readonly string[],
  python: Python,
  cacheDir: string,
): Promise<string | undefined> {
  const uv = await findUv(cacheDir, python);
  if (!uv) return undefined;
  const args = [
    'pip',
    'compile',
    '--quiet',
    '--no-header',
    '--only-binary',
    ':all:',
    '--python',
    python.executable,
    '-',
  ];
  const resolving = run(uv.executable, args, { env: { ...process.env, ...uv.environment } });
  // It may end without having read them.
  resolving.child.stdin?.on('error', () => {}).end(requirements.join('\n') + '\n');
  return resolving.then(
    () => undefined,
    (error: { stderr?: string }) => packageIn(error.stderr ?? ''),
  );
}

/** Of what uv says where it finds no solution. */
export function packageIn(stderr: string): string | undefined {
  return /\b([\w.[\]-]+(?:[=<>~!]=?[\w.*]+)?) has no (?:usable )?wheels/.exec(stderr.replace(/\s+/g, ' '))?.[1];
}
