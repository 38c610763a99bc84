import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectLocalAzure } from '../../local/azure/connection/localAzure';
import { startProgram } from '../support/commands';

/** Runs a command on a machine whose files named so cannot be run: in a mount namespace of its own they are empty devices. */
const without = (files: string[], command: string[]): string[] => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-ec'],
  `for file in ${files.map((file) => `'${file}'`).join(' ')}; do mount --bind /dev/null "$file"; done; exec "$@"`,
  'sh',
  ...command,
];

/** Every Python that a program may come upon by its name. */
function pythons(): string[] {
  const folders = [...process.env.PATH!.split(path.delimiter), '/usr/bin'].filter((folder) => existsSync(folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^python[\d.]*$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  return [...new Set(files.filter((file) => existsSync(file)).map((file) => realpathSync(file)))];
}

function canHide(): boolean {
  try {
    const [command, ...args] = without(pythons(), ['true']) as [string, ...string[]];
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the quickstart on a machine without Python', function () {
  this.timeout(5 * 60_000);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'mlops-no-python-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('ends at once with one line that says what to install, and starts nothing', async function () {
    if (!canHide()) {
      console.log('    skipped: this system gives no mount namespace in which Python could be hidden (unshare)');
      return this.skip();
    }
    const places = ['--directory', directory, '--cache', path.join(directory, 'cache')];
    const quickstart = [process.execPath, 'scripts/run.mjs', 'local/quickstart.ts', ...places];
    const { code, output } = await startProgram(without(pythons(), quickstart)).ended;
    assert.equal(code, 1, output);
    assert.match(output, /^Error: No Python 3\.9 or newer was found\. Install one .+$/m);
    assert.doesNotMatch(output, /Local Azure has started/);
    assert.equal(connectLocalAzure(path.join(directory, 'azure')), undefined);
  });
});
