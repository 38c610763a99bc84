import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { chooseRelease } from '../../../tasks/DeployACI/release';
import { FakeContainerInstances } from './fakeContainerInstances';
import { Secret } from '../../../tasks/common/secret';

const digest = `sha256:${'a'.repeat(64)}`;
const reference = `r.azurecr.io/estimator@${digest}`;

const registry = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';

describe('Choosing what to deploy', () => {
  let folder: string;
  let log: FakeContainerInstances;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    file = join(folder, 'mlops', 'mlops-record.json');
    log = new FakeContainerInstances();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function record(decision: 'approved' | 'rejected', withImage = true): void {
    let content = append(emptyRecord(), 'model', {
      name: 'cost-estimator',
      version: '3',
      id: '/m',
      type: 'custom_model',
      uri: 'azureml://m',
      workspace: { subscriptionId: 's', resourceGroup: 'rg', name: 'quick-starts-ws' },
    });
    content = append(content, 'evaluation', {
      decision,
      reason: 'rmse 612 is above 600',
      criteria: [],
      metrics: {},
      champion: null,
      evaluatedAt: '2026-01-01T00:00:00.000Z',
    });
    if (withImage) {
      content = append(content, 'image', {
        reference,
        digest,
        registry: 'r.azurecr.io',
        repository: 'estimator',
        tags: [],
        registryId: registry,
        port: 5002,
        readinessPath: '/ready',
        scoringPath: '/invocations',
        built: true,
      });
    }
    mkdirSync(join(folder, 'mlops'), { recursive: true });
    writeRecord(file, content);
  }

  const choose = (changes: Partial<Parameters<typeof chooseRelease>[0]> = {}) =>
    chooseRelease(
      { requireApproval: true, allowImageTag: false, https: false, ...changes },
      { artifacts: [folder] },
      log.ports.log,
    );

  it("takes the record's image by digest, with its port and routes", async () => {
    record('approved');
    const { image, registryId, port, readinessPath, scoringPath, model } = await choose();
    assert.deepEqual(
      { image, registryId, port, readinessPath, scoringPath, model },
      {
        image: reference,
        registryId: registry,
        port: 5002,
        readinessPath: '/ready',
        scoringPath: '/invocations',
        model: { name: 'cost-estimator', version: '3' },
      },
    );
  });

  it('refuses a rejected model with the reason of its rejection', async () => {
    record('rejected');
    await assert.rejects(choose(), /cost-estimator version 3 was rejected.*rmse 612 is above 600/);
  });

  it('deploys a rejected model only when approval is not required, and warns', async () => {
    record('rejected');
    assert.equal((await choose({ requireApproval: false })).image, reference);
    assert.match(log.warnings.join(), /was not approved/);
  });

  it('refuses a record that was changed by hand', async () => {
    record('approved');
    writeFileSync(file, readFileSync(file, 'utf8').replace('quick-starts-ws', 'another-ws'));
    await assert.rejects(choose(), /is refused/);
  });

  it('goes on without a damaged record only when nobody needs it', async () => {
    record('approved');
    writeFileSync(file, '{');
    const release = await choose({ requireApproval: false, image: reference });
    assert.equal(release.record, undefined);
    assert.equal(release.port, 5001);
    assert.match(log.warnings.join(), /without a record/);
  });

  it('refuses an image that the record does not vouch for', async () => {
    record('approved');
    await assert.rejects(
      choose({ image: `r.azurecr.io/other@sha256:${'b'.repeat(64)}` }),
      /not the one that the record vouches for/,
    );
  });

  it('refuses to deploy without any record while approval is required', async () => {
    await assert.rejects(choose({ image: reference }), /No mlops-record\.json was found/);
  });

  it('says what is missing when the image was never packaged', async () => {
    record('approved', false);
    await assert.rejects(choose(), /has no section "image".*Package-Image/);
  });

  it('refuses an image without a digest unless that is allowed', async () => {
    const image = 'r.azurecr.io/estimator:latest';
    await assert.rejects(choose({ image, requireApproval: false }), /has no digest/);
    assert.equal((await choose({ image, requireApproval: false, allowImageTag: true })).digest, undefined);
  });

  it("refuses another workspace's model", async () => {
    record('approved');
    await assert.rejects(choose({ workspace: 'prod-ws' }), /quick-starts-ws, not of prod-ws/);
  });

  it('refuses a key that protects nothing', async () => {
    record('approved');
    await assert.rejects(
      choose({ apiKey: new Secret('k'.repeat(20)), readinessPath: '/invocations' }),
      /the key would protect nothing/,
    );
  });
});
