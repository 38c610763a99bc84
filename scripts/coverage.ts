/**
 * Runs the unit tests and prints how much of the tasks they reach, by folder; lines that no test loads count too.
 *
 *   npm run coverage
 *
 * A page that shows each line: .local/coverage/index.html.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bin } from './suites';
import { root } from './taskManifest';

const { status, error } = spawnSync(
  process.execPath,
  [
    bin('c8', 'bin', 'c8.js'),
    ...['--all', '--src', 'tasks', '--include', 'tasks/**/*.ts', '--exclude-after-remap'],
    ...['--reporter', 'text-summary', '--reporter', 'text', '--reporter', 'html'],
    ...['--reports-dir', join('.local', 'coverage'), '--temp-directory', join('.local', 'coverage', 'raw')],
    process.execPath,
    bin('mocha', 'bin', 'mocha.js'),
    // Counted lines run slower, those that compute several times.
    ...['--spec', 'test/unit/**/*.test.ts', '--timeout', '600000'],
  ],
  { cwd: root, stdio: 'inherit' },
);
if (error) console.error(error.message);
process.exitCode = status ?? 1;
