import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { Secrets } from '../../../tasks/common/secrets';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import { followUp } from '../../../tasks/TestEndpoint/after/followUp';
import type { Inputs } from '../../../tasks/TestEndpoint/inputs';
import type { TestCase } from '../../../tasks/TestEndpoint/requests/testCase';
import { taskContext } from '../../support/taskContext';
import { azureDoubles } from './azureDoubles';

const scoringUri = new URL('http://serving.example/score');

const passed: TestCase = { kind: 'request', name: 'one', outcome: 'passed' };
const skipped: TestCase = { kind: 'negative', name: 'two', outcome: 'skipped' };
const failed: TestCase = { kind: 'request', name: 'three', outcome: 'failed' };
const inconclusive: TestCase = { kind: 'model', name: 'four', outcome: 'failed', isInconclusive: true };

const record = append(
  append(emptyRecord(), 'model', {
    ...{ name: 'm', version: '2', id: '/m/2', type: 'custom_model', uri: 'azureml://x' },
    workspace: { subscriptionId: 's', resourceGroup: 'g', name: 'w' },
  }),
  'deployment',
  {
    ...{ containerGroup: 'serving', containerGroupId: '/serving', resourceGroup: 'g', location: 'here' },
    ...{ image: 'r/x@sha256:1', imageDigest: 'sha256:1', scoringUri: scoringUri.href, previousImage: null },
    deployedAt: '2026-01-01',
  },
);

describe('Test-Endpoint: what follows from the tests', () => {
  const refusal = new TaskFailure('Azure refused.');

  /** What a follow-up began of the two, and what it came to. Azure does as it is told, or refuses. */
  async function follow(
    inputs: Partial<Inputs>,
    cases: readonly TestCase[],
    { refuses = false, signal }: { refuses?: boolean; signal?: AbortSignal } = {},
  ) {
    const model = { name: 'm', version: '2', tags: { champion: '2026-01-01T00:00:00Z' } } as unknown as RegisteredModel;
    const { azure, groups, models } = azureDoubles();
    models.tag.resolves(model);
    models.withTags.resolves([]);
    const group = { containers: [{ name: 'scoring', image: 'r/x@sha256:1' }] } as unknown as ContainerGroup;
    groups.find.resolves(group);
    groups.remove.callsFake(async () => void groups.find.resolves(undefined));
    if (refuses) for (const stub of [models.withTags, groups.find]) stub.rejects(refusal);
    const subject = { target: { scoringUri, isOfRecord: true }, requests: [], secrets: new Secrets([]), record };
    const { context } = taskContext('.', signal && { signal });
    const result = await followUp(inputs as Inputs, subject, azure, cases, context);
    const begun = [...(models.tag.called ? ['promotion'] : []), ...(groups.remove.called ? ['roll-back'] : [])];
    return { begun, ...result };
  }

  const both = { promoteToChampion: true, rollbackOnFailure: true };
  for (const [what, inputs, cases, begun] of [
    ['all passed, and both are asked for', both, [passed, skipped], ['promotion']],
    ['all passed, and only a roll-back is asked for', { rollbackOnFailure: true }, [passed], []],
    ['one failed, and both are asked for', both, [passed, failed], ['roll-back']],
    ['one failed, and only a promotion is asked for', { promoteToChampion: true }, [passed, failed], []],
    ['one failed, and nothing is asked for', {}, [failed], []],
    ['one failed beside one that could not be made', both, [inconclusive, failed], ['roll-back']],
    ['one could not be made', both, [passed, inconclusive], []],
    ['one could not be made, and only a promotion is asked for', { promoteToChampion: true }, [inconclusive], []],
  ] as Array<[string, Partial<Inputs>, TestCase[], string[]]>) {
    it(`is ${begun.join() || 'nothing'} where ${what}`, async () => {
      assert.deepEqual((await follow(inputs, cases)).begun, begun);
    });
  }

  it('says who is champion now, and that nothing ran before what was removed', async () => {
    const promoted = await follow({ promoteToChampion: true }, [passed]);
    assert.deepEqual(promoted.facts, { promotion: { isChampion: true, champion: '2' } });
    assert.deepEqual(promoted.notes, ['m:2 is now the champion.']);
    const undone = await follow({ rollbackOnFailure: true }, [failed]);
    assert.deepEqual(undone.facts, { rollback: { outcome: 'removed', image: null } });
    assert.deepEqual(undone.notes, ['Rolled back: nothing ran before, so the container group serving was removed.']);
    assert.equal(undone.failure, undefined);
  });

  it('says what could not be done, and that a roll-back failed in the record too', async () => {
    const undone = await follow({ rollbackOnFailure: true }, [failed], { refuses: true });
    assert.deepEqual(undone.facts, { rollback: { outcome: 'failed', image: null } });
    const promoted = await follow({ promoteToChampion: true }, [passed], { refuses: true });
    assert.deepEqual(promoted.facts, {});
    for (const { notes, failure } of [undone, promoted]) {
      assert.equal(failure, refusal.message);
      assert.deepEqual(notes, [failure]);
    }
  });

  it('ends where the step was cancelled meanwhile', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(follow({ promoteToChampion: true }, [passed], { refuses: true, signal }));
    await assert.rejects(follow({ rollbackOnFailure: true }, [failed], { refuses: true, signal }));
  });
});
