import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChainedTokenCredential, EnvironmentCredential } from '@azure/identity';
import { isOverdue, newBelongings, groupName, runOf, tagName } from '../../realAzure/belongings';
import { cases, chosenCases } from '../../realAzure/cases/index';
import { findCloud, ownCredential } from '../../realAzure/cloud';
import { compareRecordings } from '../../realAzure/comparison';
import { costOf, estimate, sumOf } from '../../realAzure/cost';
import { readOptions } from '../../realAzure/options';
import { kindOf, type KeptRecording } from '../../realAzure/recorder';
import { exitCode, listOf, reportText } from '../../realAzure/report';

const hour = 3_600_000;

describe('npm run real-azure', () => {
  it('owns a resource group only whose name and tag say the same', () => {
    const { id, tags } = newBelongings('s', 'eastus', hour);
    assert.equal(runOf({ name: groupName(id), tags }), id);
    assert.equal(runOf({ name: 'production', tags }), undefined);
    assert.equal(runOf({ name: groupName(id), tags: {} }), undefined);
    assert.equal(runOf({ name: groupName(id), tags: { [tagName]: 'r0000001' } }), undefined);
    assert.equal(runOf({ name: 'mlops-real-azure-', tags: { [tagName]: '' } }), undefined);
  });

  it('takes a group of another machine for left behind when its time is over, and never without a time', () => {
    const { tags } = newBelongings('s', 'eastus', hour);
    assert.deepEqual([isOverdue({ tags }), isOverdue({ tags }, Date.now() + 2 * hour)], [false, true]);
    assert.equal(isOverdue({ tags: {} }, Date.now() + 100 * hour), false);
  });

  it('says what a run will cost, that it is an estimate, of which date and from where', () => {
    const use = sumOf([{ registryDays: 1 }, { taskMinutes: 3 }, { taskMinutes: 2, nodeHours: 0.5 }]);
    assert.deepEqual(use, { registryDays: 1, taskMinutes: 5, nodeHours: 0.5 });
    assert.ok(Math.abs(costOf(use) - (0.17 + 5 * 0.012 + 0.15)) < 1e-9);
    const text = estimate(use, 50, 3);
    assert.match(text, /^Estimate: USD 0\.40 for about 50 minutes, by list prices of 20\d\d-\d\d \(https:/);
    assert.match(text, /removed when it ends, after 3 hours at the latest/);
  });

  it('lists each case with what is assumed, from where, time and cost', () => {
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
    for (const { name, assumed, from, minutes } of cases) {
      assert.match(name, /^[a-z][a-z-]+$/);
      assert.ok(assumed.endsWith('.') && from.length > 0 && minutes > 0, name);
      assert.match(listOf(cases), new RegExp(`^${name} +${minutes} min +USD`, 'm'));
    }
    assert.deepEqual(
      chosenCases(['chain', 'acr-locked-tag']).map(({ name }) => name),
      ['acr-locked-tag', 'chain'],
    );
    assert.throws(() => chosenCases(['nonesuch']), /no case nonesuch\. There are: .*chain/);
  });

  it('refuses options that it does not understand', () => {
    assert.equal(readOptions(['--help'], '/r'), undefined);
    assert.equal(readOptions(['--hours', '0.5'], '/r')?.hours, 0.5);
    for (const hours of ['0', '-1', '25', 'x', ''])
      assert.throws(() => readOptions([`--hours=${hours}`], '/r'), /--hours/);
    assert.throws(() => readOptions(['--cleanup'], '/r'), /cleanup/);
    assert.deepEqual(readOptions(['--only', 'a,b', '--only', 'c'], '/r')?.only, ['a', 'b', 'c']);
  });

  it('means the public cloud unless another one is named', async () => {
    assert.equal((await findCloud({})).resourceManagerUrl, 'https://management.azure.com');
  });

  it('sends no token in clear text, and that of the Azure CLI to the public cloud only', async () => {
    const described = { name: 'x', resourceManager: 'http://localhost/', authentication: { loginEndpoint: 'https://localhost/', audiences: ['https://localhost/'] } }; // prettier-ignore
    const server = createServer((_, response) => response.end(JSON.stringify(described)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await assert.rejects(
        findCloud({ ARM_CLOUD_METADATA_URL: url }),
        /names http:\/\/localhost: tokens are sent by https only/,
      );
      described.resourceManager = 'https://localhost/';
      const cloud = await findCloud({ ARM_CLOUD_METADATA_URL: url });
      assert.ok(ownCredential(cloud) instanceof EnvironmentCredential);
      assert.ok(ownCredential(await findCloud({})) instanceof ChainedTokenCredential);
    } finally {
      server.close();
    }
  });

  const exchange = { method: 'GET', requestBody: null, headers: {} };
  const kinds: Array<[url: string, status: number, body: unknown, kind: string]> = [
    ['/subscriptions/1/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/x', 200, { properties: { provisioningState: 'Updating' } }, 'get_containerinstance_containergroups_200_updating'],
    ['/subscriptions/1/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/runs/ca1', 200, { properties: { status: 'Running', provisioningState: 'Succeeded' } }, 'get_containerregistry_registries_runs_200_running'],
    ['/subscriptions/1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m', 404, { error: { code: 'UserError' } }, 'get_machinelearningservices_workspaces_models_404_usererror'],
    ['/history/v1.0/subscriptions/1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/runs/r/details', 200, { status: 'Queued' }, 'get_history_workspaces_runs_details_200_queued'],
    ['/discovery', 200, { api: 'https://x' }, 'get_discovery_200'],
  ]; // prettier-ignore
  for (const [path, status, body, kind] of kinds) {
    it(`names a recording ${kind}`, () => {
      assert.equal(kindOf({ ...exchange, url: `https://management.example${path}?api-version=1`, status, body }), kind);
    });
  }

  const recording = (body: unknown): KeptRecording => ({ source: 's', request: 'GET /x', requestBody: null, status: 200, headers: { 'content-type': 'application/json' }, body }); // prettier-ignore
  it('compares one way: what Azure answered must be there, and what is more is no fault', () => {
    const azure = new Map([
      ['a', recording({ state: 'Running', extra: null })],
      ['b', recording({ state: 'Running' })],
      ['c', recording({})],
    ]);
    const local = new Map([
      ['a', recording({ state: 'Running', more: 1 })],
      ['b', recording({ state: 'Stopped' })],
    ]);
    const { differing, missing, compared, same } = compareRecordings(azure, local);
    assert.deepEqual(differing, [{ recording: 'b', lines: ["body.state: recorded 'Running', here 'Stopped'"] }]);
    assert.deepEqual([missing, compared - same], [['c'], 1]);
  });

  it('reports what was otherwise, what was refused and what is left with its command, and succeeds without any', () => {
    const well = { name: 'a', tried: true, holds: true, seen: '200' };
    const out = { name: 'b', tried: false, holds: false, seen: 'left out: it needs a connection' };
    const left = [{ what: 'resource group g', why: '409 x', command: 'az group delete --name g --yes' }];
    const report = {
      cloud: 'AzureCloud',
      location: 'eastus',
      started: 'now',
      results: [well, out],
      denied: [],
      left: [],
      folder: '/f',
    };
    assert.match(
      reportText(report),
      /tried against local Azure only[^]*- as assumed: a: 200[^]*- not tried: b[^]*Nothing: all that was made/,
    );
    const text = reportText({
      ...report,
      left,
      denied: [{ scene: 'chain', request: 'PUT /x' }],
      results: [{ ...well, holds: false }],
    });
    assert.match(text, /\*\*otherwise\*\*: a[^]*- chain: PUT \/x[^]*Remove it by: az group delete --name g --yes/);
    assert.equal(exitCode({ results: [well, out], left: [] }, false), 0);
    assert.equal(exitCode({ results: [{ ...well, holds: false }], left: [] }, false), 1);
    assert.equal(exitCode({ results: [{ ...well, tried: false }], left: [] }, false), 0 + 1);
    assert.deepEqual([exitCode({ results: [], left: [] }, true), exitCode({ results: [], left }, true)], [130, 1]);
  });
});
