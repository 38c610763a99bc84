import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import { localAzure } from '../../support/azure';
import { MlWorkspace } from '../../support/mlWorkspace';
import type { LocalAzure } from '../../../local/azure/index';

const { resourceGroup, workspace } = localCloud;

describe('faults of local Azure', function () {
  this.timeout(300_000);
  let azure: LocalAzure;
  let ml: MlWorkspace;

  before(async () => {
    azure = await localAzure();
    ml = new MlWorkspace(azure);
  });
  beforeEach(() => azure.requests.clear());
  afterEach(() => azure.faults.clear());

  const statuses = async (): Promise<number[]> =>
    (await azure.requests.list()).filter(({ url }) => /\/workspaces\/quick/i.test(url)).map(({ status }) => status);

  it('answer a planned number of requests, after a planned number that pass', async () => {
    await azure.faults.http({
      path: '/workspaces/quick',
      skip: 1,
      times: 2,
      action: {
        status: 429,
        headers: { 'retry-after': '0' },
        body: { error: { code: 'TooManyRequests', message: 'slow' } },
      },
    });
    await ml.client.workspaces.get(resourceGroup, workspace);
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [200, 429, 429, 200]);
  });

  it('break a connection, which the client tries anew', async () => {
    await azure.faults.http({ path: '/workspaces/quick', action: { reset: true } });
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [200]);
  });

  it('act on one method only, and no longer once they are cleared', async () => {
    await azure.faults.http({ method: 'DELETE', path: '.', times: 9, action: { status: 500 } });
    await ml.client.workspaces.get(resourceGroup, workspace);
    await azure.faults.http({ path: '.', times: 9, action: { status: 403 } });
    await azure.faults.clear();
    await ml.client.workspaces.get(resourceGroup, workspace);
    assert.deepEqual(await statuses(), [200, 200]);
  });
});

describe('the resource manager of local Azure', function () {
  this.timeout(300_000);
  const refusals: Array<[string, string, number, string]> = [
    ['a missing api-version', '/subscriptions', 400, 'MissingApiVersionParameter'],
    ['an unknown api-version', '/subscriptions?api-version=1999-01-01', 400, 'InvalidApiVersionParameter'],
    [
      'another subscription',
      '/subscriptions/0/providers/Microsoft.MachineLearningServices/workspaces?api-version=2024-04-01',
      404,
      'SubscriptionNotFound',
    ],
    [
      'an unknown resource group',
      `/subscriptions/${localCloud.subscriptionId}/resourceGroups/none/providers/Microsoft.MachineLearningServices/workspaces/none?api-version=2024-04-01`,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'an unknown workspace',
      `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/none?api-version=2024-04-01`,
      404,
      'ResourceNotFound',
    ],
  ];
  for (const [what, path, status, code] of refusals) {
    it(`answers ${what} with ${code}`, async () => {
      const answer = (await new MlWorkspace(await localAzure()).call('GET', path)) as {
        status: number;
        body: { error: { code: string } };
      };
      assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
    });
  }
});
