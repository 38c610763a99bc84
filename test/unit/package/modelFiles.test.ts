import assert from 'node:assert/strict';
import { accountKeySas } from '../../../tasks/common/azure/storage/datastoreContainer';
import { modelPlace } from '../../../tasks/common/azure/ml/modelFiles';
import { Secret } from '../../../tasks/common/secret';

const scope = 'azureml://subscriptions/s/resourcegroups/g/workspaces/w';

describe("a model's place", () => {
  for (const [uri, expected] of [
    [
      'azureml://jobs/job1/outputs/artifacts/paths/outputs/model/',
      { kind: 'artifacts', jobName: 'job1', path: 'outputs/model/' },
    ],
    ['runs:/run1/model', { kind: 'artifacts', jobName: 'run1', path: 'model' }],
    [
      `${scope}/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.job1/outputs/model`,
      { kind: 'artifacts', jobName: 'job1', path: 'outputs/model' },
    ],
    [
      'azureml://jobs/job1/outputs/trained/paths/',
      { kind: 'datastore', datastore: 'workspaceblobstore', path: 'azureml/job1/trained/' },
    ],
    [`${scope}/datastores/mine/paths/a%20b/model`, { kind: 'datastore', datastore: 'mine', path: 'a b/model' }],
    ['azureml://datastores/mine/paths/model.pkl', { kind: 'datastore', datastore: 'mine', path: 'model.pkl' }],
  ] as const) {
    it(`is read from ${uri}`, () => assert.deepEqual(modelPlace(uri), expected));
  }

  it('is refused where it cannot be read', () => {
    assert.throws(() => modelPlace('https://example.net/model'), /of a kind that cannot be read/);
  });
});

describe('the SAS of a container', () => {
  it('may read and list for eight hours, over https where the store is https', () => {
    const now = new Date('2026-01-02T03:04:05.678Z');
    const sas = new URLSearchParams(
      accountKeySas('account', 'container', new Secret(Buffer.from('key').toString('base64')), 'https', now),
    );
    assert.equal(sas.get('sp'), 'rl');
    assert.equal(sas.get('st'), '2026-01-02T02:49:05Z');
    assert.equal(sas.get('se'), '2026-01-02T11:04:05Z');
    assert.equal(sas.get('spr'), 'https');
  });
});
