import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { findSubject } from '../../../tasks/PackageImage/modelToPackage';

describe('Package-Image: the model that a record approves', () => {
  let directory: string;
  let recordFile: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'subject-'));
    recordFile = path.join(directory, 'mlops-record.json');
    write('approved');
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  /** A record of a model that was judged so, or not at all. */
  function write(decision: 'approved' | 'rejected' | undefined) {
    const workspace = { subscriptionId: 'sub-a', resourceGroup: 'group', name: 'development' };
    const model = { name: 'm', version: '1', id: '/m/1', type: 'custom_model', uri: 'azureml://x', workspace };
    const evaluation = { criteria: [], metrics: {}, champion: null, evaluatedAt: '2026-01-01T00:00:00Z' };
    const made = append(emptyRecord(), 'model', model);
    writeRecord(recordFile, decision ? append(made, 'evaluation', { ...evaluation, reason: 'rmse is 9', decision }) : made); // prettier-ignore
  }

  type Inputs = Parameters<typeof findSubject>[0];
  type Context = Parameters<typeof findSubject>[1];
  const find = (inputs: object, subscriptionId = 'sub-a') =>
    findSubject(
      {
        recordFile,
        connection: { subscriptionId, defaults: { resourceGroup: 'other', workspace: 'other' } },
        ...inputs,
      } as unknown as Inputs,
      { pipeline: { directories: { artifacts: [], staging: directory } } } as unknown as Context,
    );

  it('is packaged where it is registered, however the names are written', async () => {
    for (const inputs of [{}, { workspace: 'Development', resourceGroup: 'GROUP' }]) {
      const { approved, workspace } = await find(inputs);
      assert.equal(approved, true);
      assert.equal(workspace.name.toLowerCase(), 'development');
    }
  });

  it('vouches for no model of the same name and version of another workspace', async () => {
    const is = /the model m version 1 is registered in the workspace development of group \(subscription sub-a\)/;
    await assert.rejects(find({ workspace: 'production' }), is);
    await assert.rejects(find({ resourceGroup: 'another' }), is);
    await assert.rejects(find({}, 'sub-b'), is);
  });

  it('is not packaged where Evaluate rejected it, or never judged it', async () => {
    write('rejected');
    await assert.rejects(find({}), /The model m version 1 is not packaged, because Evaluate rejected it: rmse is 9 Run this task only for approved/); // prettier-ignore
    write(undefined);
    await assert.rejects(find({}), /has no section "evaluation"\. Run Evaluate before this task/);
  });

  for (const [what, inputs, isPackaged] of [
    ['names it too', { modelName: 'm', modelVersion: '1' }, true],
    ['names its model only', { modelName: 'm' }, true],
    ['names another model', { modelName: 'n', modelVersion: '1' }, false],
    ['names another version', { modelName: 'm', modelVersion: '2' }, false],
    ['names another version without its model', { modelVersion: '2' }, false],
  ] as const) {
    it(`is ${isPackaged ? '' : 'not '}packaged where an input ${what}`, async () => {
      if (isPackaged) assert.equal((await find(inputs)).modelVersion, '1');
      else
        await assert.rejects(find(inputs), /The inputs name the model .*, but the model record .* is of m version 1\./);
    });
  }

  it('is one that the inputs name where there is no record, and nobody has approved it', async () => {
    fs.rmSync(recordFile);
    const named = { recordFile: undefined, modelName: 'm', modelVersion: '5' };
    const { approved, modelVersion, workspace, record } = await find(named);
    assert.deepEqual([approved, modelVersion, workspace.name, record.model], [false, '5', 'other', undefined]);
    for (const lacking of [{ modelName: undefined }, { modelVersion: undefined }]) {
      await assert.rejects(find({ ...named, ...lacking }), /There is no model record, and the inputs modelName and/);
    }
  });
});
