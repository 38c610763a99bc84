import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../scripts/taskManifest';
import { runCommand } from '../../support/commands';

describe('scripts/run.mjs', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    mkdirSync(path.join(root, 'dist'), { recursive: true });
    folder = mkdtempSync(path.join(root, 'dist', 'run-test-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
    rmSync(path.join(root, 'dist', 'dist'), { recursive: true, force: true });
  });

  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  const program = (): string => path.join(path.relative(root, folder), 'program.ts');

  it('runs a program with its arguments, where its source lies, and again when a part of it has changed', async () => {
    write('part.ts', "export const part: string = 'first';");
    write(
      'program.ts',
      "import { part } from './part';\nconsole.log(JSON.stringify([part, __dirname, process.argv.slice(2), require('yaml').parse('1')]));",
    );
    const run = async (): Promise<unknown> => {
      const { code, output } = await runCommand(program(), ['one', '--two']);
      assert.equal(code, 0, output);
      return JSON.parse(output);
    };
    assert.deepEqual(await run(), ['first', folder, ['one', '--two'], 1]);
    write('part.ts', "export const part: string = 'second';");
    // A file system may keep whole seconds only.
    const later = new Date(Date.now() + 2000);
    utimesSync(path.join(folder, 'part.ts'), later, later);
    assert.deepEqual(await run(), ['second', folder, ['one', '--two'], 1]);
    rmSync(path.join(folder, 'part.ts'));
    const { code, output } = await runCommand(program());
    assert.equal(code, 1);
    assert.match(output, /program\.ts:1:\d+: ERROR: Could not resolve "\.\/part"/);
  });
});
