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
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'subject-'));
    recordFile = path.join(directory, 'mlops-record.json');
  });
  after(() => fs.rmSync(directory, { recursive: true }));
  before(() => {
    const workspace = { subscriptionId: 'sub-a', resourceGroup: 'group', name: 'development' };
    const model = { name: 'm', version: '1', id: '/m/1', type: 'custom_model', uri: 'azureml://x', workspace };
    const evaluation = { reason: '', criteria: [], metrics: {}, champion: null, evaluatedAt: '2026-01-01T00:00:00Z' };
    const record = append(append(emptyRecord(), 'model', model), 'evaluation', { ...evaluation, decision: 'approved' });
    writeRecord(recordFile, record);
  });

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
});
