import assert from 'node:assert/strict';
import { deploymentTags } from '../../../tasks/common/deployment/containers';
import { previousDeployment, type PreviousDeployment } from '../../../tasks/common/deployment/previousDeployment';
import { restore } from '../../../tasks/common/deployment/restore';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { TaskFailure } from '../../../tasks/common/taskFailure';
import { definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const withFingerprint = (fingerprint?: string): ContainerGroup =>
  definitionOf('old', { tags: fingerprint ? { [deploymentTags.secrets]: fingerprint } : undefined });

describe('Restoring what ran before', () => {
  let azure: FakeContainerInstances;
  beforeEach(() => {
    azure = new FakeContainerInstances();
  });
  const bringBack = (previous: Partial<PreviousDeployment>, more: { isUnseen?: boolean } = {}) =>
    restore(
      {
        ...{ groups: azure.groups, name: 'estimator', minutes: 2, ...more },
        previous: { groupId: azure.groups.id('estimator'), missing: [], ...previous },
      },
      azure.ports,
    );
  /** Azure takes the definition, and restarts nothing. */
  const withoutRestart = () => Object.assign(azure.groups, { put: async () => ({ failure: async () => undefined }) });

  for (const [what, current, definition, isContent] of [
    ['has this definition already, and no secret value', withFingerprint(), withFingerprint(), true],
    ['has this definition already, with these secret values', withFingerprint('a'), withFingerprint('a'), true],
    ['has other secret values', withFingerprint('a'), withFingerprint('b'), false],
    ['has secret values, and had none', withFingerprint('a'), withFingerprint(), false],
    ['runs another image', definitionOf('new'), definitionOf('old'), false],
  ] as const) {
    it(`${isContent ? 'is content with' : 'waits for others than'} the containers that run where Azure ${what}`, async () => {
      azure.runs('estimator', current);
      withoutRestart();
      if (isContent) assert.ok((await bringBack({ definition })).seconds < 60);
      else
        await assert.rejects(
          bringBack({ definition }),
          /The previous deployment of estimator could not be restored\. /,
        );
    });
  }

  it('keeps what was the matter as the cause of the failure', async () => {
    azure.behaviours['old'] = { refused: { code: 'X', message: 'no' } };
    await assert.rejects(bringBack({ definition: definitionOf('old') }), (error: TaskFailure) => {
      assert.match(error.message, /could not be restored\. Azure refused the container group \(X\): no/);
      assert.match((error.cause as Error).message, /Azure answered 400 X: no/);
      return true;
    });
  });

  it('hands on a fault of its own as it is', async () => {
    const bug = new TypeError('a bug');
    Object.assign(azure.groups, { put: () => Promise.reject(bug) });
    await assert.rejects(bringBack({ definition: definitionOf('old') }), bug);
  });

  it('sends it without a look where Azure does not say what is there', async () => {
    const find = azure.groups.find.bind(azure.groups);
    Object.assign(azure.groups, { find: (name: string) => (azure.calls.length > 0 ? find(name) : Promise.reject(new Error('a look')))}); // prettier-ignore
    await bringBack({ definition: definitionOf('old') }, { isUnseen: true });
    assert.deepEqual(azure.calls, ['PUT estimator old']);
    azure.calls.length = 0;
    await assert.rejects(bringBack({ definition: definitionOf('old') }), /a look/);
  });

  it('changes nothing where nothing ran before', async () => {
    await assert.rejects(bringBack({}), /Nothing ran as estimator before, so there is nothing to restore/);
    assert.deepEqual(azure.calls, []);
  });

  it('changes nothing where a secret value is not known, and says which and what to do', async () => {
    const missing = ['the environment variable A of the container scoring', 'the password for the registry r'];
    await assert.rejects(bringBack({ definition: definitionOf('old'), missing }), (error: TaskFailure) => {
      assert.match(error.message, /this run was not given the environment variable A of the container scoring, the password for the registry r\. Set them in the inputs of Deploy-ACI/); // prettier-ignore
      assert.equal(error.help, 'what-ran-before-is-not-restored');
      return true;
    });
    assert.deepEqual(azure.calls, []);
  });
});

describe('What ran before a deployment', () => {
  const of = (group: ContainerGroup | undefined) => previousDeployment('/groups/estimator', group, definitionOf('new'));

  it('is the group as it was sent, without its state and the address that Azure chose', async () => {
    const azure = new FakeContainerInstances();
    azure.runs('estimator', definitionOf('old'));
    const { groupId, definition, missing } = of(await azure.groups.find('estimator'));
    assert.deepEqual([groupId, missing], ['/groups/estimator', []]);
    const sent = JSON.parse(JSON.stringify(definition)) as unknown;
    assert.deepEqual(sent, JSON.parse(JSON.stringify(definitionOf('old'))));
  });

  it('has no address where the group has none', () => {
    assert.equal(of(definitionOf('old', { ipAddress: undefined })).definition?.ipAddress, undefined);
  });

  for (const [what, group] of [
    ['there is no group', undefined],
    ['its last deployment failed: it served nothing', definitionOf('old', { provisioningState: 'Failed' })],
  ] as const) {
    it(`is nothing where ${what}`, () => assert.deepEqual(of(group), { groupId: '/groups/estimator', missing: [] }));
  }
});
