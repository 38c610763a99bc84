import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { build, type Metafile } from 'esbuild';
import { schemaCompiled, sharedModules, taskLibCopies } from '../../../scripts/build';
import { root } from '../../../scripts/taskManifest';
import { checkShape } from '../../../tasks/common/record/shape';

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

  it('compiles the schema of the record to what says the same of every record', async () => {
    const { outputFiles } = await build({
      entryPoints: [`${root}/tasks/common/record/shape.ts`],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      plugins: [schemaCompiled],
    });
    const text = outputFiles[0]!.text;
    assert.doesNotMatch(text, /class Ajv2020/, 'the compiler is not in it');
    const module: { exports: Partial<{ checkShape: typeof checkShape }> } = { exports: {} };
    compileFunction(text, ['module', 'exports', 'require'])(module, module.exports, createRequire(__filename));
    const digest = 'a'.repeat(64);
    const records = [
      { schemaVersion: 1, sha256: digest },
      { schemaVersion: 2, sha256: digest },
      { schemaVersion: 1, sha256: 'short', unknown: true },
      { schemaVersion: 1, sha256: digest, source: { repository: { uri: 5 }, build: [] }, training: { jobName: null } },
      { schemaVersion: 1, sha256: digest, evaluation: { decision: 'perhaps', criteria: [{}] }, deployment: 'x' },
      [],
      null,
    ];
    for (const record of records) {
      const problems = await checkShape(record);
      assert.deepEqual(await module.exports.checkShape!(record), problems);
      assert.equal(problems.length === 0, record === records[0], JSON.stringify(problems));
    }
  });
});
