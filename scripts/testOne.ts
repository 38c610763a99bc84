/**
 * Runs the tests of one file or folder, with mocha's own options behind it. Built tasks are built where they are stale.
 *
 *   npm run test:one test/unit/train/followJob.test.ts
 *   npm run test:one test/task/build/train.test.ts -- -g cancel
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuiltTasks } from '../local/agent/builtTasks';
import { bin } from './suites';
import { root } from './taskManifest';

/** What mocha is given for a file or a folder of tests. */
export function mochaArguments(path: string, options: string[]): string[] {
  if (!existsSync(path)) throw new Error(`There is no ${path}. Name a file such as test/unit/train/followJob.test.ts.`);
  const spec = statSync(path).isDirectory() ? join(path, '**', '*.test.ts') : path;
  return ['--reporter', 'spec', '--spec', spec, ...options];
}

async function main([path, ...options]: string[]): Promise<void> {
  if (!path) throw new Error('Name a test file: npm run test:one test/unit/train/followJob.test.ts -- -g "a pattern"');
  const args = mochaArguments(path, options);
  if (!/^test[\\/]unit[\\/]/.test(path)) await ensureBuiltTasks();
  const child = spawn(process.execPath, [bin('mocha', 'bin', 'mocha.js'), ...args], { cwd: root, stdio: 'inherit' });
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
