import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LocalAzure } from '../../../local/azure';
import { localCloud } from '../../../local/azure/context';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { cloudClient, groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { runBuiltTask, TestJob } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';
import { buildScoringImage, recordOf, type DeployableImage } from './deployableImages';

/** Test-Endpoint on what Deploy-ACI deployed, in the job that deployed it; the image "two" answers wrongly. */
describe('MLOpsTestEndpoint after MLOpsDeployACI', function () {
  this.timeout(300_000);
  let azure: LocalAzure;
  let cloud: CloudClient;
  let one: DeployableImage;
  let two: DeployableImage;
  let count = 0;
  let group: string;

  before(async () => {
    azure = await localAzure();
    cloud = await cloudClient();
    one = await buildScoringImage(cloud, 'one');
    two = await buildScoringImage(cloud, 'two');
  });
  beforeEach(() => (group = `tested-${++count}`));
  const groupUrl = () => `${groupPath}/Microsoft.ContainerInstance/containerGroups/${group}?api-version=2023-05-01`;
  afterEach(() => cloud.arm('DELETE', groupUrl()));

  const azureSubscription = localCloud.serviceConnectionId;
  const record = 'record/mlops-record.json';

  async function deploy(job: TestJob, image: DeployableImage, version: string) {
    const { resourceGroup, location } = localCloud;
    const result = await runBuiltTask('DeployACI', {
      job,
      inputs: {
        azureSubscription,
        resourceGroup,
        containerGroup: group,
        location,
        dnsNameLabel: group,
        recordFile: record,
        secretEnvironmentVariables: 'SECRET=$(password)',
      },
      secretVariables: { password: 'kept-by-the-job' },
      files: { [record]: JSON.stringify(recordOf(image, { version })) },
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    return result.outputs.scoringUri!;
  }

  /** Finds URI, group and record by what Deploy-ACI left in the job. */
  const test = (job: TestJob, inputs: Record<string, string> = {}) =>
    runBuiltTask('TestEndpoint', {
      job,
      inputs: {
        azureSubscription,
        requestsFile: 'requests.json',
        negativeTests: 'none',
        loadDurationInSeconds: '0',
        ...inputs,
      },
      files: {
        'requests.json': JSON.stringify([
          { name: 'the right version', request: [[1]], expectedPaths: { '$.version': 'one' } },
        ]),
      },
    });

  const recordIn = (job: TestJob) => readRecord(path.join(job.root, record));
  const served = async (uri: string) => {
    const { text } = await cloud.send('POST', uri, { body: '[[1]]' });
    return JSON.parse(text) as { version: string; secret: number };
  };

  it('passes the model that the record speaks of', async () => {
    const job = new TestJob('build', azure);
    await deploy(job, one, '1');
    const result = await test(job, { rollbackOnFailure: 'true' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    const { tests } = await recordIn(job);
    assert.deepEqual(
      tests!.cases.map(({ kind, name, passed }) => [kind, name, passed]),
      [
        ['request', 'the right version', true],
        ['model', 'image digest', true],
        ['model', 'model version', true],
      ],
    );
    assert.equal(tests!.rollback, undefined);
  });

  it('leaves a group alone that a later run deploys unchanged, whatever its tests find', async () => {
    const uri = await deploy(new TestJob('build', azure), two, '2');
    const later = new TestJob('build', azure);
    later.variables.set('Build.BuildId', '12345');
    await deploy(later, two, '2');
    const result = await test(later, { rollbackOnFailure: 'true' });
    assert.equal(result.result, 'failed');
    assert.equal((await served(uri)).version, 'two');
    const { deployment, tests } = await recordIn(later);
    assert.equal(deployment!.previousImage, two.reference);
    assert.deepEqual(tests!.rollback, { outcome: 'kept', image: two.reference });
    assert.ok(
      result.log.some((line) => line.includes(`Not rolled back: ${group} ran ${two.reference} already before`)),
    );

    // The job that deployed it first may be run again: then nothing ran before.
    const repeated = new TestJob('build', azure);
    await deploy(repeated, two, '2');
    await test(repeated, { rollbackOnFailure: 'true' });
    assert.deepEqual((await recordIn(repeated)).tests!.rollback, { outcome: 'removed', image: null });
  });

  it('brings the previous image back when the new one answers wrongly, proves that it serves, and says so', async () => {
    const job = new TestJob('build', azure);
    const uri = await deploy(job, one, '1');
    assert.equal(await deploy(job, two, '2'), uri);
    assert.equal((await served(uri)).version, 'two');

    const result = await test(job, { rollbackOnFailure: 'true', promoteToChampion: 'true' });
    assert.equal(result.result, 'failed');
    assert.equal(result.outputs.testsPassed, 'false');
    assert.match(result.issues[0]!.message, /1 of 3 tests failed: the right version .*expected "one".*got "two"/);
    assert.deepEqual(await served(uri), { version: 'one', secret: 15 }, 'with the secret that only the job still knew');

    const { deployment, tests } = await recordIn(job);
    assert.deepEqual([tests!.passed, tests!.failed], [false, 1]);
    assert.deepEqual(tests!.rollback, { outcome: 'restored', image: one.reference });
    assert.equal(tests!.promotion, undefined);
    assert.equal(deployment!.image, two.reference, 'what was tested');
    const said = `Rolled back: ${one.reference} serves again.`;
    assert.ok(result.log.some((line) => line.includes(said)));
    const { text } = result.summaries[0]!;
    assert.ok(text.replaceAll('&#64;', '@').includes(said));
    assert.match(text, /^Stage approved by: no one \\\(the stage asks for no approval\\\)$/m);
    const { tags, properties } = (await cloud.arm('GET', groupUrl())).json;
    assert.equal(properties.containers[0].properties.image, one.reference);
    assert.equal(tags['mlops-model-version'], '1');

    const again = await test(job);
    const { cases } = (await recordIn(job)).tests!;
    assert.deepEqual(
      cases.map(({ name, passed }) => [name, passed]),
      [
        ['the right version', true],
        ['image digest', false],
        ['model version', false],
      ],
      'the record speaks of the image that is not served any more, whatever is answered',
    );
    assert.equal(again.result, 'failed');
  });

  it('says what the tests found and what went wrong where the previous image cannot be restored', async () => {
    const job = new TestJob('build', azure);
    await deploy(job, one, '1');
    const uri = await deploy(job, two, '2');
    const error = { code: 'ContainerGroupQuotaReached', message: 'The quota is reached.' };
    const action = { status: 400, body: { error } };
    await azure.faults.http({ method: 'PUT', path: 'containerGroups', times: 50, action });
    const result = await test(job, { rollbackOnFailure: 'true' });
    await azure.faults.clear();
    assert.equal(result.result, 'failed');
    assert.match(
      result.issues[0]!.message,
      /1 of 3 tests failed: the right version .*The previous deployment of tested-\d+ could not be restored\. .*quota/,
    );
    const { tests } = await recordIn(job);
    assert.deepEqual([tests!.passed, tests!.rollback], [false, { outcome: 'failed', image: null }]);
    assert.match(result.summaries[0]!.text, /could not be restored/);
    assert.equal((await served(uri)).version, 'two');
  });

  it('removes the group where nothing ran before', async () => {
    const job = new TestJob('build', azure);
    await deploy(job, two, '1');
    const result = await test(job, { rollbackOnFailure: 'true' });
    assert.equal(result.result, 'failed');
    assert.equal((await cloud.arm('GET', groupUrl())).status, 404);
    assert.deepEqual((await recordIn(job)).tests!.rollback, { outcome: 'removed', image: null });
  });

  it('leaves what it deployed where it is unless it is asked to roll back', async () => {
    const job = new TestJob('build', azure);
    await deploy(job, one, '1');
    const uri = await deploy(job, two, '2');
    assert.equal((await test(job)).result, 'failed');
    assert.equal((await served(uri)).version, 'two');
  });
});

/** On an endpoint of which the record says nothing, as AKS or a managed online endpoint. */
describe('MLOpsTestEndpoint with promoteToChampion', function () {
  this.timeout(120_000);
  const name = 'raced';
  let ml: MlWorkspace;
  let server: Server;
  let scoringUri: string;

  before(async () => {
    ml = new MlWorkspace(await localAzure());
    server = createServer((request, response) => {
      request.resume();
      response.end('[1]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scoringUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => ml.azure.faults.clear());

  const url = (version: string) => ml.arm(`/models/${name}/versions/${version}`);
  async function register(version: string, tags: Record<string, string> = {}): Promise<void> {
    const modelUri = `azureml://subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/workspaces/${localCloud.workspace}/datastores/workspaceblobstore/paths/models/${name}`;
    const { status } = await ml.call('PUT', url(version), {
      properties: { modelType: 'custom_model', modelUri, tags },
    });
    assert.ok(status === 200 || status === 201, String(status));
  }
  const champions = async () => {
    const { body } = (await ml.call('GET', ml.arm(`/models/${name}/versions?tags=champion`))) as {
      body: { value: Array<{ name: string }> };
    };
    return body.value.map((each) => each.name);
  };

  function recordOfVersion(version: string): ModelRecord {
    const { subscriptionId, resourceGroup, workspace } = localCloud;
    const home = { subscriptionId, resourceGroup, name: workspace };
    const model = { name, version, id: url(version), type: 'custom_model', uri: 'azureml://x', workspace: home };
    return append(emptyRecord(), 'model', model);
  }

  async function release(version: string, expected: unknown = [1]) {
    const job = new TestJob('release', ml.azure);
    const result = await runBuiltTask('TestEndpoint', {
      job,
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        scoringUri,
        recordFile: 'mlops-record.json',
        requestsFile: 'requests.json',
        negativeTests: 'none',
        loadDurationInSeconds: '0',
        promoteToChampion: 'true',
      },
      files: {
        'mlops-record.json': JSON.stringify(recordOfVersion(version)),
        'requests.json': JSON.stringify([{ request: {}, expected }]),
      },
    });
    const record = JSON.parse(readFileSync(path.join(job.root, 'mlops-record.json'), 'utf8')) as ModelRecord;
    return { ...result, tests: record.tests! };
  }

  it('moves the title when all tests passed, and only then', async () => {
    await register('1', { champion: '2026-01-01T00:00:00.000Z', owner: 'team' });
    await register('2');
    const wrong = await release('2', [2]);
    assert.equal(wrong.result, 'failed');
    assert.deepEqual(await champions(), ['1']);
    const right = await release('2');
    assert.equal(right.result, 'succeeded', right.log.join('\n'));
    assert.match(right.log.join('\n'), /raced:2 is now the champion, replacing version 1\./);
    assert.deepEqual([await champions(), right.tests.promotion], [['2'], { isChampion: true, champion: '2' }]);
    const { body } = (await ml.call('GET', url('1'))) as { body: { properties: { tags: object } } };
    assert.deepEqual(body.properties.tags, { owner: 'team' }, 'other tags stay');
  });

  it('leaves one champion when two releases promote at once', async () => {
    for (let round = 0; round < 2; round++) {
      const versions = [String(10 + round * 2), String(11 + round * 2)];
      for (const version of versions) await register(version);
      // Both see who was champion before either claims the title, and claim it before either looks again.
      const path = `models/${name}/versions\\?.*tags=champion`;
      await ml.azure.faults.http({ method: 'GET', path, times: 4, action: { delayMs: 1_500 } });
      const results = await Promise.all(versions.map((version) => release(version)));
      await ml.azure.faults.clear();
      for (const { result, log } of results) assert.equal(result, 'succeeded', log.join('\n'));
      const holders = await champions();
      assert.equal(holders.length, 1, `champions are ${holders.join(' and ') || 'nobody'}`);
      assert.ok(versions.includes(holders[0]!));
      const winner = results[versions.indexOf(holders[0]!)]!;
      assert.deepEqual(winner.tests.promotion, { isChampion: true, champion: holders[0] });
    }
  });
});
