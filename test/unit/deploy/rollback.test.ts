import assert from 'node:assert/strict';
import { encodePreviousDeployment, previousDeployment } from '../../../tasks/common/deployment/previousDeployment';
import { rollback } from '../../../tasks/common/deployment/rollback';
import type { DeploymentSection } from '../../../tasks/common/record/record';
import type { TaskFailure } from '../../../tasks/common/taskFailure';
import { azureError, definitionOf, FakeContainerInstances } from './fakeContainerInstances';

describe('Rolling back a deployment that its tests rejected', () => {
  let azure: FakeContainerInstances;
  const deployment = (previousImage: string | null): DeploymentSection => ({
    containerGroup: 'estimator',
    containerGroupId: azure.groups.id('estimator'),
    resourceGroup: 'rg',
    location: 'eastus',
    image: 'two',
    imageDigest: '',
    scoringUri: 'http://estimator.eastus.azurecontainer.io:5001/score',
    previousImage,
    deployedAt: '',
  });

  beforeEach(() => {
    azure = new FakeContainerInstances();
    azure.runs('estimator', definitionOf('two'));
  });

  it('brings back what Deploy-ACI handed over in the same job, secrets and all', async () => {
    const before = definitionOf('one', {}, 2);
    before.containers[0]!.environmentVariables!.push({ name: 'SECRET', secureValue: 'kept' });
    const handedOver = encodePreviousDeployment(previousDeployment(azure.groups.id('estimator'), before, before));
    const result = await rollback({
      groups: azure.groups,
      deployment: deployment('one'),
      handedOver,
      ports: azure.ports,
    });
    assert.deepEqual(result, { outcome: 'restored', image: 'one', scoringUri: deployment(null).scoringUri });
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator one'], 'its size needs a deletion');
    assert.equal(azure.definition('estimator')!.containers[0]!.environmentVariables![1]!.secureValue, 'kept');
  });

  it('puts the previous image into what runs, in another job', async () => {
    const result = await rollback({ groups: azure.groups, deployment: deployment('one'), ports: azure.ports });
    assert.equal(result.outcome, 'restored');
    assert.deepEqual(azure.calls, ['PUT estimator one']);
    assert.equal(azure.lines[0], 'Restoring one as estimator.');
    const { origin } = new URL(result.scoringUri!);
    assert.equal(azure.lines.at(-1), `one serves again at ${origin}, after 5 s.`);
  });

  it('puts it into the container that scores, and into no other', async () => {
    const running = definitionOf('two');
    running.containers.push({ ...running.containers[0]!, name: 'gateway', image: 'caddy' });
    azure.runs('estimator', running);
    await rollback({ groups: azure.groups, deployment: deployment('one'), ports: azure.ports });
    const images = azure.definition('estimator')!.containers.map(({ image }) => image);
    assert.deepEqual(images, ['one', 'caddy']);
  });

  it('cannot know in another job what ran in a group that is gone', async () => {
    await azure.groups.remove('estimator');
    await assert.rejects(
      rollback({ groups: azure.groups, deployment: deployment('one'), ports: azure.ports }),
      (error: TaskFailure) => {
        assert.match(error.message, /estimator no longer exists, and this job does not know .* Deploy the previous release again, or run Deploy-ACI and this task in one job/); // prettier-ignore
        assert.equal(error.help, 'what-ran-before-is-not-restored');
        return true;
      },
    );
    assert.deepEqual(azure.calls, ['DELETE estimator']);
  });

  it('waits for the first look no longer than the start may take', async () => {
    Object.assign(azure.groups, { find: () => Promise.reject(azureError({ code: 'ServerBusy', message: 'busy', status: 503 })) }); // prettier-ignore
    const begin = azure.now;
    const given = { groups: azure.groups, deployment: deployment('one'), ports: azure.ports };
    await assert.rejects(rollback({ ...given, startTimeoutInMinutes: 3 }), /out of reach/);
    const waited = azure.now - begin;
    assert.ok(waited >= 180_000 && waited < 240_000, String(waited));
  });

  it('does not mistake what ran in another group', async () => {
    const other = definitionOf('other');
    const handedOver = encodePreviousDeployment(previousDeployment(azure.groups.id('another'), other, other));
    await rollback({ groups: azure.groups, deployment: deployment('one'), handedOver, ports: azure.ports });
    assert.deepEqual(azure.calls, ['PUT estimator one']);
  });

  it('refuses, and changes nothing, where a secret is not known in another job', async () => {
    const running = definitionOf('two');
    running.containers[0]!.environmentVariables!.push({ name: 'SECRET', secureValue: 'x' });
    azure.runs('estimator', running);
    await assert.rejects(
      rollback({ groups: azure.groups, deployment: deployment('one'), ports: azure.ports }),
      /this run was not given the environment variable SECRET of the container scoring/,
    );
    assert.deepEqual(azure.calls, []);
  });

  it('leaves alone what another release has deployed meanwhile', async () => {
    azure.runs('estimator', definitionOf('three'));
    const before = definitionOf('one');
    const handedOver = encodePreviousDeployment(previousDeployment(azure.groups.id('estimator'), before, before));
    for (const [previous, left] of [
      ['one', handedOver],
      ['one', undefined],
      [null, undefined],
    ] as const) {
      await assert.rejects(
        rollback({ groups: azure.groups, deployment: deployment(previous), handedOver: left, ports: azure.ports }),
        (error: TaskFailure) => {
          assert.match(error.message, /estimator is not rolled back: it runs three, which another release deployed after two\. Test that release/); // prettier-ignore
          assert.equal(error.help, 'what-ran-before-is-not-restored');
          return true;
        },
      );
    }
    assert.deepEqual(azure.calls, []);
  });

  it('leaves alone what an earlier try has restored', async () => {
    azure.runs('estimator', definitionOf('one'));
    const before = definitionOf('one');
    const handedOver = encodePreviousDeployment(previousDeployment(azure.groups.id('estimator'), before, before));
    for (const left of [handedOver, undefined]) {
      const given = { groups: azure.groups, deployment: deployment('one'), handedOver: left, ports: azure.ports };
      assert.deepEqual(await rollback(given), { outcome: 'kept', image: 'one' });
    }
    assert.deepEqual(azure.calls, []);
  });

  it('leaves alone what the deployment found running', async () => {
    const result = await rollback({ groups: azure.groups, deployment: deployment('two'), ports: azure.ports });
    assert.deepEqual(result, { outcome: 'kept', image: 'two' });
    assert.deepEqual(azure.calls, []);
    assert.deepEqual(azure.lines, ['estimator runs two, as before this deployment: it is left alone.']);
  });

  it('brings back the former size of the same image', async () => {
    const before = definitionOf('two', {}, 2);
    const handedOver = encodePreviousDeployment(previousDeployment(azure.groups.id('estimator'), before, before));
    const result = await rollback({
      groups: azure.groups,
      deployment: deployment('two'),
      handedOver,
      ports: azure.ports,
    });
    assert.equal(result.outcome, 'restored');
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator two']);
  });

  it('removes a first deployment', async () => {
    const result = await rollback({ groups: azure.groups, deployment: deployment(null), ports: azure.ports });
    assert.deepEqual(result, { outcome: 'removed', image: null });
    assert.deepEqual(azure.calls, ['DELETE estimator']);
    assert.match(azure.lines[0]!, /^Nothing ran as estimator before this deployment: the container group is removed/);
  });

  it('sends no removal of a first deployment that no look shows', async () => {
    await azure.groups.remove('estimator');
    azure.calls.length = 0;
    const result = await rollback({ groups: azure.groups, deployment: deployment(null), ports: azure.ports });
    assert.deepEqual(result, { outcome: 'removed', image: null });
    assert.deepEqual(azure.calls, []);
    assert.match(azure.lines[0]!, /^estimator is not there, .*: there is nothing to undo/);
  });

  it('fails where the previous image does not serve either', async () => {
    azure.behaviours['one'] = { answer: { status: 500 } };
    await assert.rejects(
      rollback({ groups: azure.groups, deployment: deployment('one'), ports: azure.ports }),
      /could not be restored.*HTTP 500/s,
    );
  });
});
