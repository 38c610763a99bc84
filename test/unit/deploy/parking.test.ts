import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { DeploymentNotes } from '../../../tasks/common/azure/containerGroups/deploymentNotes';
import { AzureSession } from '../../../tasks/common/azure/http/session';
import { createParking, leftByDeadRun } from '../../../tasks/DeployACI/parking';
import { stillServes } from '../../../tasks/DeployACI/stillServes';
import { serviceConnection } from '../../support/serviceConnection';
import { definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const refused = (status: number) =>
  new AzureFailure(`Azure answered ${status}`, undefined, status, 'Code', 'no', undefined);

describe('What runs, kept while it is changed', () => {
  let azure: FakeContainerInstances;
  let read: sinon.SinonStub;
  let write: sinon.SinonStub;
  beforeEach(() => {
    azure = new FakeContainerInstances();
    read = sinon.stub(DeploymentNotes.prototype, 'read').resolves(undefined);
    write = sinon.stub(DeploymentNotes.prototype, 'write').resolves();
  });
  afterEach(() => sinon.restore());
  const parking = () => createParking(new AzureSession(serviceConnection), 'rg', 'estimator');
  const definition = definitionOf('old');

  it('is noted under the name of the group, and found again', async () => {
    assert.equal(await parking().find(azure.ports.signal), undefined);
    await parking().park(definition, azure.ports);
    assert.equal(write.firstCall.args[0], 'estimator');
    read.resolves(write.firstCall.args[1]);
    assert.deepEqual(await parking().find(azure.ports.signal), definition);
    assert.equal(read.firstCall.args[0], 'estimator');
  });

  it('is emptied at the end', async () => {
    await parking().clear(azure.ports);
    assert.deepEqual(write.firstCall.args.slice(0, 2), ['estimator', '']);
  });

  it('is nothing where the notes may not be read: only who may write them has left something', async () => {
    read.rejects(refused(403));
    assert.equal(await parking().find(azure.ports.signal), undefined);
    read.rejects(refused(500));
    await assert.rejects(parking().find(azure.ports.signal), /500/);
  });

  it('is a precaution: a deployment goes on without it, and says what that means', async () => {
    write.rejects(refused(403));
    await parking().park(definition, azure.ports);
    assert.deepEqual(azure.warnings, [
      'What runs as estimator could not be noted in the deployment history of rg: if this agent dies now, a later run could not restore it. Azure answered 403',
    ]);
    await parking().clear(azure.ports);
    assert.equal(azure.warnings.length, 1);
  });

  it('hides no fault of its own', async () => {
    write.rejects(new TypeError('broken'));
    await assert.rejects(parking().park(definition, azure.ports), TypeError);
    await assert.rejects(parking().clear(azure.ports), TypeError);
  });

  describe('and found by a later run', () => {
    const leftOf = async (current: 'serves' | 'fails' | 'changes' | 'gone') => {
      azure.parked = definition;
      if (current !== 'gone') azure.runs('estimator', definitionOf('new'));
      if (current === 'fails') azure.behaviours['new'] = { answer: { status: 500 } };
      const found = await azure.groups.find('estimator');
      const group = found && current === 'changes' ? { ...found, provisioningState: 'Pending' } : found;
      return leftByDeadRun(azure.parking, azure.parked, group, azure.ports);
    };

    it('is left over where what is there serves: the former run came to its end', async () => {
      assert.equal(await leftOf('serves'), undefined);
      assert.equal(azure.parked, undefined, 'and the note is emptied');
    });
    for (const state of ['fails', 'changes', 'gone'] as const) {
      it(`is to be restored should this run fail, where what is there ${state}`, async () => {
        assert.deepEqual(await leftOf(state), definition);
        assert.ok(azure.parked, 'and the note stays');
      });
    }
    it('is nothing where nothing was noted', async () => {
      azure.runs('estimator', definitionOf('new'));
      const current = await azure.groups.find('estimator');
      assert.equal(await leftByDeadRun(azure.parking, undefined, current, azure.ports), undefined);
    });
  });
});

describe('Whether a group still serves', () => {
  const answers = (...statuses: number[]) => {
    const azure = new FakeContainerInstances();
    const asked: string[] = [];
    const health = (url: string) => {
      asked.push(url);
      return Promise.resolve({ status: statuses.length > 1 ? statuses.shift()! : statuses[0]! });
    };
    return { ports: { ...azure.ports, health }, asked };
  };
  const group = definitionOf('x', { ipAddress: { type: 'Public', ports: [{ port: 5001 }], ip: '10.0.0.4' } });

  it('is asked at its health route for twenty seconds, once a second', async () => {
    const { ports, asked } = answers(503);
    assert.equal(await stillServes(group, ports), false);
    assert.deepEqual([asked.length, asked[0]], [21, 'http://10.0.0.4:5001/health']);
    const slow = answers(503, 503, 200);
    assert.equal(await stillServes(group, slow.ports), true);
    assert.equal(slow.asked.length, 3);
  });

  it('is no where it has no address', async () => {
    const { ports, asked } = answers(200);
    assert.equal(await stillServes(definitionOf('x', { ipAddress: undefined }), ports), false);
    assert.deepEqual(asked, []);
  });
});
