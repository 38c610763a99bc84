import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { append, emptyRecord, verify } from '../../../tasks/common/record/chain';
import { writeEvaluationInfo } from '../../../tasks/common/record/compatibilityFiles';
import {
  findRecordFile,
  readRecord,
  requireRecordFile,
  requireSection,
  writeRecord,
} from '../../../tasks/common/record/recordFile';
import type { ModelRecord } from '../../../tasks/common/record/record';

const model = {
  name: 'cost-estimator',
  version: '3',
  id: '/subscriptions/s/models/cost-estimator/versions/3',
  type: 'custom_model',
  uri: 'azureml://jobs/j/outputs/artifacts/paths/outputs/model',
  workspace: { subscriptionId: 's', resourceGroup: 'g', name: 'w' },
};
const evaluation = {
  decision: 'approved' as const,
  reason: 'All criteria are met.',
  criteria: [
    {
      text: 'rmse <= 5',
      metric: 'rmse',
      passed: true,
      candidate: 2.5,
      champion: null,
      limit: 5,
      explanation: '2.5 is at most 5.',
    },
  ],
  metrics: { rmse: 2.5, odd: 'NaN' as const },
  champion: null,
  evaluatedAt: '2026-11-22T12:00:00.000Z',
};

describe('model record', () => {
  let directory: string;
  beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'record-'))));
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  const chain = (): ModelRecord =>
    append(append(append(emptyRecord(), 'source', {}), 'model', model), 'evaluation', evaluation);
  const inFile = (content: string): string => {
    const file = path.join(directory, 'mlops-record.json');
    fs.writeFileSync(file, content);
    return file;
  };

  it('is whole after each stage, and survives its file', async () => {
    const record = chain();
    assert.deepEqual(verify(record), []);
    const file = path.join(directory, 'deep', 'mlops-record.json');
    writeRecord(file, record);
    assert.deepEqual(await readRecord(file), record);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['mlops-record.json']);
  });

  it('does not mind another formatting or order of fields', async () => {
    const { sha256, schemaVersion, ...sections } = chain();
    await readRecord(
      inFile(JSON.stringify({ ...Object.fromEntries(Object.entries(sections).reverse()), sha256, schemaVersion })),
    );
  });

  const tampered: Array<[string, (record: ModelRecord) => unknown, RegExp]> = [
    [
      'an edited decision',
      (r) => ({ ...r, evaluation: { ...r.evaluation!, decision: 'rejected' } }),
      /changed after the last stage/,
    ],
    [
      'an edited earlier section',
      (r) => ({ ...r, model: { ...r.model!, version: '4' } }),
      /before the section "evaluation"/,
    ],
    ['a section taken out', ({ model: _, ...r }) => r, /before the section "evaluation"/],
    ['the last section taken out', ({ evaluation: _, ...r }) => r, /changed after the last stage/],
    [
      'a section of another record',
      (r) => ({ ...r, model: append(emptyRecord(), 'model', model).model }),
      /before the section "model"/,
    ],
    ['an unknown section', (r) => ({ ...r, extra: 1 }), /extra/],
    ['a decision that is none', (r) => ({ ...r, evaluation: { ...r.evaluation!, decision: 'yes' } }), /decision/],
    ['no hash', ({ sha256: _, ...r }) => r, /sha256/],
  ];
  for (const [what, change, message] of tampered) {
    it(`is refused with ${what}`, async () => {
      const file = inFile(JSON.stringify(change(chain())));
      await assert.rejects(readRecord(file), message);
    });
  }

  const image = {
    reference: `r.azurecr.io/m@sha256:${'1'.repeat(64)}`,
    digest: `sha256:${'1'.repeat(64)}`,
    registry: 'r.azurecr.io',
    repository: 'm',
    tags: [],
    registryId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r',
    port: 5001,
    readinessPath: '/',
    scoringPath: '/score',
    built: true,
  };
  // The hashes find no change by somebody who reckons them again; such a record must lead to no other host all the same.
  const misleading: Array<[string, Partial<typeof image>]> = [
    ['//evil.example/x', { registryId: '//evil.example/x' }],
    ['https://evil.example/x', { registryId: 'https://evil.example/x' }],
    ['//evil.example', { readinessPath: '//evil.example' }],
    ['https://evil.example/', { scoringPath: 'https://evil.example/' }],
    ['a line end', { readinessPath: '/ok\nhandle /score' }],
  ];
  for (const [what, change] of misleading) {
    it(`is refused where ${Object.keys(change)[0]} is ${what}`, async () => {
      await readRecord(inFile(JSON.stringify(append(chain(), 'image', image))));
      const file = inFile(JSON.stringify(append(chain(), 'image', { ...image, ...change })));
      await assert.rejects(readRecord(file), new RegExp(`/image/${Object.keys(change)[0]} must match pattern`));
    });
  }

  const deployment = {
    containerGroup: 'serving',
    containerGroupId: '/serving',
    resourceGroup: 'My_group.(1)-ä',
    location: 'eastus',
    image: image.reference,
    imageDigest: image.digest,
    scoringUri: 'http://serving.a1.eastus.azurecontainer.io:5001/score',
    previousImage: null,
    deployedAt: '2026-11-22T12:00:00.000Z',
  };
  const { workspace } = model;
  const elsewhere: Array<[string, object[]]> = [
    ['deployment/scoringUri', ['ftp://x/score', '/score', 'http://user:word@x/', 'http://x/a\nb'].map((scoringUri) => ({ deployment: { ...deployment, scoringUri } }))],
    ['deployment/containerGroup', ['../x', 'a/b', 'a?b', '..', '%2e%2e', ''].map((containerGroup) => ({ deployment: { ...deployment, containerGroup } }))],
    ['deployment/resourceGroup', ['../x', 'a#b', '.', 'a\\b', 'a b'].map((resourceGroup) => ({ deployment: { ...deployment, resourceGroup } }))],
    ['model/workspace/name', ['../w', 'w/x'].map((name) => ({ model: { ...model, workspace: { ...workspace, name } } }))],
    ['model/workspace/resourceGroup', ['../w', 'w?x'].map((resourceGroup) => ({ model: { ...model, workspace: { ...workspace, resourceGroup } } }))],
  ]; // prettier-ignore
  for (const [what, changes] of elsewhere) {
    it(`is refused where ${what} would make another URL`, async () => {
      const written = (sections: object) => {
        const { model: first, deployment: second } = { model, deployment, ...sections };
        return inFile(JSON.stringify(append(append(emptyRecord(), 'model', first), 'deployment', second)));
      };
      for (const scoringUri of ['https://[::1]:8443/', 'http://10.0.0.4:80']) {
        await readRecord(written({ deployment: { ...deployment, scoringUri } }));
      }
      for (const change of changes) {
        const refused = new RegExp(`/${what} must match pattern`);
        await assert.rejects(readRecord(written(change)), refused, JSON.stringify(change));
      }
    });
  }

  it('is refused where its golden requests are not beside it', async () => {
    const training = (file: string) => ({
      jobName: 'j',
      status: 'Completed',
      metrics: {},
      goldenRequests: { file, sha256: '0'.repeat(64) },
    });
    for (const file of ['../secrets.json', '..\\secrets.json', '/etc/secrets.json', '..', 'c:secrets.json']) {
      const text = JSON.stringify(append(emptyRecord(), 'training', training(file) as never));
      await assert.rejects(readRecord(inFile(text)), /goldenRequests\/file must match pattern/);
    }
  });

  it('is refused when cut, and when from a later version', async () => {
    await assert.rejects(readRecord(inFile(JSON.stringify(chain()).slice(0, -20))), /not JSON.*may have been cut/s);
    await assert.rejects(readRecord(inFile('{"schemaVersion":2}')), /Update the extension/);
  });

  it('drops what later stages said when an earlier one speaks again', () => {
    const again = append(chain(), 'model', { ...model, version: '4' });
    assert.equal(again.evaluation, undefined);
    assert.deepEqual(verify(again), []);
  });

  it('is found by input, then by variable, then as the only one beneath the artifacts', () => {
    const artifacts = path.join(directory, 'artifacts');
    const lie = path.join(artifacts, 'drop', 'mlops', 'mlops-record.json');
    writeRecord(lie, chain());
    const other = path.join(directory, 'other.json');
    writeRecord(other, chain());
    assert.equal(findRecordFile({ input: other, variable: lie, artifacts: [artifacts] }), other);
    assert.equal(findRecordFile({ variable: other, artifacts: [artifacts] }), other);
    assert.equal(findRecordFile({ artifacts: [artifacts, path.join(artifacts, 'drop')] }), fs.realpathSync(lie));
    const failed = path.join(artifacts, 'mlops-failed-1', 'mlops-record.json');
    writeRecord(failed, chain());
    assert.equal(findRecordFile({ artifacts: [artifacts] }), fs.realpathSync(lie), 'a failed attempt is not meant');
    assert.equal(findRecordFile({ input: failed, artifacts: [artifacts] }), failed);
    writeRecord(path.join(artifacts, 'second', 'mlops-record.json'), chain());
    assert.throws(
      () => findRecordFile({ artifacts: [artifacts] }),
      /2 files named mlops-record.json:\n.*drop.*\n.*second/s,
    );
    assert.throws(
      () => findRecordFile({ input: path.join(directory, 'gone'), artifacts: [] }),
      /Input recordFile: .*gone does not exist/,
    );
    assert.throws(
      () => requireRecordFile({ artifacts: [path.join(directory, 'empty')] }),
      /No mlops-record.json was found/,
    );
  });

  it('names the task that has to write a missing section', () => {
    assert.throws(() => requireSection(chain(), 'image', 'r.json'), /no section "image"\. Run Package-Image/);
  });

  it("writes the quickstart's eval_info.json", () => {
    assert.deepEqual(JSON.parse(fs.readFileSync(writeEvaluationInfo(directory, chain()), 'utf8')), {
      model_name: 'cost-estimator',
      model_version: '3',
      model_path: model.uri,
      rmse: 2.5,
      metric_threshold: 5,
      deploy_model: true,
      image_name: '',
    });
  });
});
