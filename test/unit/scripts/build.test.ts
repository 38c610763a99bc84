import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { lt } from 'semver';
import { buildTasks, isOlder, sharedModules, taskLibCopies } from '../../../scripts/build';

describe('The build', () => {
  it('finds a second copy of task-lib, which would see no inputs', () => {
    const of = (...files: string[]): string[] =>
      taskLibCopies({
        inputs: Object.fromEntries(files.map((file) => [file, {}])),
        outputs: {},
      } as unknown as Metafile);
    const ours = 'node_modules/azure-pipelines-task-lib';
    const theirs = 'node_modules/some-library/node_modules/azure-pipelines-task-lib';
    assert.deepEqual(of(`${ours}/task.js`, `${ours}/internal.js`, 'tasks/Train/main.ts'), [ours]);
    assert.deepEqual(of(`${ours}/internal.js`, `${theirs}/internal.js`), [ours, theirs]);
    const seldomUsed = [`${ours}/lib-resource.js`, `${ours}/node_modules/minimatch/minimatch.js`];
    assert.deepEqual(of(`${ours}/internal.js`, ...seldomUsed), [ours], 'what it requires may stand in the other file');
    assert.deepEqual(of('node_modules/azure-pipelines-task-lib-answers/index.js'), []);
  });

  it('finds a module of ours in both files of a task, where it would be two', () => {
    const files = (...names: string[]) =>
      ({ inputs: Object.fromEntries(names.map((name) => [name, {}])) }) as unknown as Metafile;
    const main = files('tasks/Train/main.ts', 'tasks/common/errors.ts', 'node_modules/tslib/tslib.js');
    assert.deepEqual(sharedModules(main, files('tasks/common/errors.ts', 'node_modules/tslib/tslib.js')), [
      'tasks/common/errors.ts',
    ]);
    assert.deepEqual(sharedModules(main, files('tasks/TestEndpoint/undici.ts')), []);
  });

  it('lets a task speak before its own code is loaded, and asks for no fetch of Node', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'built-'));
    try {
      await buildTasks(['DeployACI'], { tasks: folder, maps: path.join(folder, 'maps'), linked: false });
      const file = (name: string): string => path.join(folder, 'DeployACI', name);
      assert.doesNotMatch(readFileSync(file('packages.js'), 'utf8'), /instanceof FormData/);
      // Whatever is wrong with it cannot keep task-lib from its first line.
      writeFileSync(file('task.js'), '}');
      const { stdout } = spawnSync(process.execPath, [file('main.js')], { cwd: folder, encoding: 'utf8' });
      assert.match(stdout, /^##vso\[task\.debug\]/);
      assert.match(stdout, /Unexpected token/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('compares versions as semver does, and leaves to it those that are more than three numbers', () => {
    const versions = ['20.19.0', '4.2.0', '4.10.0', '4.2.1', '24.0.0'];
    for (const first of versions)
      for (const second of versions) assert.equal(isOlder(first, second), lt(first, second));
    for (const other of ['24.0.0-nightly', '4.2', 'v4.2.0', '', '4.2.0+a'])
      assert.equal(isOlder(other, '4.2.0'), undefined);
  });
});
