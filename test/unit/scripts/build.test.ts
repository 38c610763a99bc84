import assert from 'node:assert/strict';
import type { Metafile } from 'esbuild';
import { taskLibCopies } from '../../../scripts/build';

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
    assert.deepEqual(of(`${ours}/task.js`, `${theirs}/task.js`), [ours, theirs]);
    assert.deepEqual(of('node_modules/azure-pipelines-task-lib-answers/index.js'), []);
  });
});
