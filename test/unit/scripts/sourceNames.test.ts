import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputsRead, outputsSet } from '../../../scripts/sourceNames';

describe('Names in the source of a task', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'source-names-'));
    mkdirSync(join(folder, 'task'));
    mkdirSync(join(folder, 'common'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);

  it('are those of the inputs that reach the reader, wherever it is called', () => {
    write(
      'task/inputs.ts',
      `import { readWorkspace } from '../common/workspace';
       export function readInputs(reader) {
         const scoped = (name) => reader.text(name) ?? fallback(name);
         reader.problem('notAnInput', 'is only spoken of');
         return { a: reader.text('alpha'), b: reader.choice<Kind>('beta', ['x', 'y']), c: scoped('gamma'), ...readWorkspace(reader) };
       }`,
    );
    write('common/workspace.ts', `export const readWorkspace = (reader) => ({ w: reader.required('workspace') });`);
    assert.deepEqual([...inputsRead(join(folder, 'task'))].sort(), ['alpha', 'beta', 'gamma', 'workspace']);
  });

  it('are those of the outputs that its own files set', () => {
    write('task/main.ts', `import { stage } from './stage'; void stage;`);
    write(
      'task/stage.ts',
      `import '../common/other';
       export function stage() {
         const outputs = { one: '1', ...(x ? { two: '2' } : {}) };
         outputs.three = '3';
         return { outputs, recordFile };
       }
       export const later = () => ({ outputs: { four: '4' } });`,
    );
    write('common/other.ts', `export const other = { outputs: { notOurs: '' } };`);
    assert.deepEqual([...outputsSet(join(folder, 'task'))].sort(), ['four', 'one', 'recordFile', 'three', 'two']);
  });
});
