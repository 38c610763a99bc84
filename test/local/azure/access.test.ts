import assert from 'node:assert/strict';
import { localCloud } from '../../../local/azure/context';
import { AccessControl } from '../../../local/azure/access/accessControl';
import { neededAction } from '../../../local/azure/access/neededAction';

const group = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}`;
const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/w`;
const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/r`;

describe('what a request to local Azure must be allowed to do', () => {
  for (const [method, path, action, scope] of [
    ['GET', workspace, 'Microsoft.MachineLearningServices/workspaces/read', workspace],
    ['PUT', `${workspace}/jobs/j`, 'Microsoft.MachineLearningServices/workspaces/jobs/write', `${workspace}/jobs/j`],
    ['GET', `${workspace}/jobs`, 'Microsoft.MachineLearningServices/workspaces/jobs/read', workspace],
    [
      'POST',
      `${workspace}/codes/c/versions/1/startPendingUpload`,
      'Microsoft.MachineLearningServices/workspaces/codes/versions/startPendingUpload/action',
      `${workspace}/codes/c/versions/1`,
    ],
    [
      'GET',
      `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.MachineLearningServices/locations/eastus/vmSizes`,
      'Microsoft.MachineLearningServices/locations/vmSizes/read',
      `/subscriptions/${localCloud.subscriptionId}`,
    ],
    ['POST', `${registry}/scheduleRun`, 'Microsoft.ContainerRegistry/registries/scheduleRun/action', registry],
    ['GET', group, 'Microsoft.Resources/subscriptions/resourceGroups/read', group],
    [
      'POST',
      `/mlflow/v2.0${workspace}/api/2.0/mlflow/runs/search`,
      'Microsoft.MachineLearningServices/workspaces/experiments/runs/read',
      workspace,
    ],
  ] as const) {
    it(`${method} ${path.slice(group.length)}`, () => assert.deepEqual(neededAction(method, path), { action, scope }));
  }

  it('is nothing for lists across resources, which show to each what he may read', () => {
    const list = `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.ContainerRegistry/registries`;
    assert.equal(neededAction('GET', list), undefined);
  });
});

describe("the roles of the service connection's identity", () => {
  const limited = (role: string, scope: string) => {
    const access = new AccessControl(localCloud.subscriptionId);
    access.limitTo([{ role, scope }]);
    return access;
  };
  const jobs = 'Microsoft.MachineLearningServices/workspaces/jobs/write';

  it('are those of an owner at first', () => {
    assert.ok(new AccessControl(localCloud.subscriptionId).allows(jobs, workspace));
  });

  it('reach what lies beneath, and nothing beside', () => {
    const access = limited('AzureML Data Scientist', workspace);
    assert.ok(access.allows(jobs, `${workspace}/jobs/j`));
    assert.ok(!access.allows(jobs, `${workspace}2/jobs/j`));
    assert.ok(!access.allows('Microsoft.ContainerRegistry/registries/read', registry));
  });

  it('hold no more than Azure says: a data scientist changes neither workspace nor compute', () => {
    const access = limited('AzureML Data Scientist', group);
    const allowed = (rest: string) => access.allows(`Microsoft.MachineLearningServices/workspaces/${rest}`, workspace);
    assert.deepEqual(
      ['read', 'models/versions/write', 'write', 'delete', 'computes/x/write', 'listKeys/action'].map(allowed),
      [true, true, false, false, false, false],
    );
  });

  it('are built-in ones', () => {
    assert.throws(() => limited('Data Wizard', workspace), /No role "Data Wizard"; there are .*AcrPush/);
  });
});
