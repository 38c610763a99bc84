import assert from 'node:assert/strict';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { fingerprint } from '../../../tasks/common/deployment/secureValues';
import { Cancelled } from '../../../tasks/common/task/cancellation';
import { leftByDeadRun } from '../../../tasks/DeployACI/parking';
import { rollOut, type RollOut } from '../../../tasks/DeployACI/rollOut';
import type { LeftWork } from '../../../tasks/common/task/leftWork';
import { leftDeployment, undo, type Unfinished } from '../../../tasks/DeployACI/undo';
import { azureError, definitionOf, FakeContainerInstances, never } from './fakeContainerInstances';

const options = {
  strategy: 'replace',
  rollbackOnFailure: true,
  keepFailedGroup: false,
  startTimeoutInMinutes: 2,
} as const;

describe('Rolling out a container group', () => {
  let azure: FakeContainerInstances;
  let journal: LeftWork<Unfinished>;

  beforeEach(() => {
    azure = new FakeContainerInstances();
    const state = new Map<string, string>();
    journal = leftDeployment({ get: (key) => state.get(key), set: (key, value) => void state.set(key, value) });
  });

  async function run(definition: ContainerGroup, changes: Partial<RollOut['options']> = {}) {
    const { groups, parking, ports } = azure;
    const current = await groups.find('estimator');
    const left = await leftByDeadRun(parking, await parking.find(ports.signal), current, ports);
    return rollOut(
      {
        groups,
        name: 'estimator',
        definition,
        current,
        left,
        options: { ...options, ...changes },
        leftWork: journal,
        parking,
      },
      ports,
    );
  }

  const images = () => azure.definition('estimator')?.containers[0]?.image;

  it('creates a group and is ready only when its health route answers', async () => {
    azure.behaviours['one'] = { startsAfter: 9 };
    const { kind, ready } = await run(definitionOf('one'));
    assert.equal(kind, 'created');
    assert.equal(ready.origin, 'http://estimator.eastus.azurecontainer.io:5001');
    assert.ok(ready.seconds >= 9, `${ready.seconds} s`);
    assert.deepEqual(azure.calls, ['PUT estimator one']);
    assert.equal(journal.read(), undefined);
  });

  it('is not content with the containers of before an update, which Azure still shows', async () => {
    azure.runs('estimator', definitionOf('one'));
    // It takes the new one, and restarts nothing.
    Object.assign(azure.groups, { put: async () => ({ failure: async () => undefined }) });
    await assert.rejects(run(definitionOf('two'), { rollbackOnFailure: false }), /not ready after 2 minutes/);
  });

  it('is not content with the containers of before a restart, which Azure still shows', async () => {
    azure.runs('estimator', definitionOf('one'));
    let asked = 0;
    // While it decides whether the group serves, it does not.
    azure.behaviours['one'] = { answer: { status: 503 } };
    Object.assign(azure.groups, {
      restart: async () => {
        asked++;
        azure.behaviours['one'] = {};
      },
    });
    await assert.rejects(run(definitionOf('one'), { rollbackOnFailure: false }), /not ready after 2 minutes/);
    assert.equal(asked, 1);
  });

  it('removes a first deployment that never serves, and says so', async () => {
    azure.behaviours['one'] = { crashes: 3, log: ['Traceback', "ModuleNotFoundError: No module named 'pandas'"] };
    await assert.rejects(run(definitionOf('one')), (error: Error) => {
      assert.match(error.message, /crashed while it was loaded.*ModuleNotFoundError: No module named 'pandas'/);
      assert.match(error.message, /estimator was removed, because nothing ran there before/);
      return true;
    });
    assert.deepEqual(azure.calls, ['PUT estimator one', 'DELETE estimator']);
    assert.ok(azure.lines.some((line) => line.includes('ModuleNotFoundError')));
    assert.equal(journal.read(), undefined);
  });

  it('keeps a failed first deployment when asked', async () => {
    azure.behaviours['one'] = { crashes: 1 };
    await assert.rejects(
      run(definitionOf('one'), { keepFailedGroup: true }),
      /left as it is, as keepFailedGroup is on/,
    );
    assert.equal(images(), 'one');
  });

  it('updates in place and waits for the new containers, not for the old ones that still answer', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['two'] = { startsAfter: 12 };
    const { kind, ready, changes } = await run(definitionOf('two'));
    assert.equal(kind, 'updated');
    assert.ok(ready.seconds >= 12);
    assert.deepEqual(changes, [
      { what: 'image of the container scoring', from: 'one', to: 'two', needsDeletion: false },
    ]);
    assert.deepEqual(azure.calls, ['PUT estimator two']);
    assert.deepEqual(azure.warnings, []);
  });

  it('says before that it must delete, and deletes, where Azure cannot change in place', async () => {
    azure.runs('estimator', definitionOf('one'));
    const { kind } = await run(definitionOf('one', {}, 2));
    assert.equal(kind, 'recreated');
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator one']);
    assert.match(
      azure.warnings.join(),
      /deleted and created again, because Azure cannot change cpu of the container scoring/,
    );
  });

  it('deletes first where Azure itself asks for it', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.refusals.push({ code: 'InvalidContainerGroupUpdate', message: 'you must delete it first' });
    await run(definitionOf('two'));
    assert.deepEqual(azure.calls, ['PUT estimator two', 'DELETE estimator', 'PUT estimator two']);
  });

  it('asks again while the group is in transition', async () => {
    azure.refusals.push({ code: 'ContainerGroupTransitioning', message: 'still transitioning', status: 409 });
    await run(definitionOf('one'));
    assert.deepEqual(azure.calls, ['PUT estimator one', 'PUT estimator one']);
  });

  it('waits while another operation is in progress, however Azure says so', async () => {
    azure.runs('estimator', definitionOf('one'));
    const message = 'another operation is in progress';
    azure.refusals.push({ code: 'Conflict', message, status: 409 }, { code: 'Conflict', message, status: 409 });
    assert.equal((await run(definitionOf('two'))).kind, 'updated');
    assert.deepEqual(azure.calls, ['PUT estimator two', 'PUT estimator two', 'PUT estimator two']);
  });

  it('asks again for the name of a group that it has just deleted, and for no other name that is taken', async () => {
    azure.runs('estimator', definitionOf('one'));
    const taken = { code: 'DnsNameLabelAlreadyTaken', message: 'not available' };
    azure.refusals.push(taken, taken);
    assert.equal((await run(definitionOf('one', {}, 2))).kind, 'recreated');
    assert.deepEqual(azure.calls, ['DELETE estimator', ...Array<string>(3).fill('PUT estimator one')]);

    azure = new FakeContainerInstances();
    azure.refusals.push(taken);
    await assert.rejects(run(definitionOf('one')), /estimator/);
    assert.deepEqual(azure.calls.slice(0, 1), ['PUT estimator one']);
    assert.equal(azure.calls.filter((call) => call.startsWith('PUT')).length, 1);
  });

  describe('with odd answers while a sound deployment comes up', () => {
    const unread = new AzureFailure('what cannot be read', undefined, undefined, 'UNREADABLE_ANSWER', '', undefined);
    const odd = [401, 403, 404, 409, 500].map((status) => azureError({ code: 'Odd', message: 'odd', status }));
    for (const [name, faults] of [
      ['one that it is not there', ['not found']],
      ['two that it is not there', ['not found', 'not found']],
      ['one that cannot be read', [unread]],
      ...odd.map((each) => [String(each.status), [each, each]]),
    ] as Array<[string, FakeContainerInstances['lookFaults']]>) {
      it(`undoes nothing for ${name}`, async () => {
        for (const isFirst of [true, false]) {
          azure = new FakeContainerInstances();
          if (!isFirst) azure.runs('estimator', definitionOf('one'));
          azure.lookFaults.push(...faults);
          const { kind } = await run(definitionOf('two'));
          assert.equal(kind, isFirst ? 'created' : 'updated');
          assert.deepEqual([azure.calls, azure.lookFaults.length], [['PUT estimator two'], 0]);
        }
      });
    }

    it('believes that it is gone when that is so again and again', async () => {
      azure.behaviours['two'] = { startsAfter: 30 };
      azure.lookFaults.push(...Array<'not found'>(3).fill('not found'));
      await assert.rejects(run(definitionOf('two')), /deleted by someone else/);
    });
  });

  describe('on a network that falls silent', () => {
    const soon = { startTimeoutInMinutes: 0.001 };

    it('ends at its time where the definition is never answered, and what may have come of it is undone', async () => {
      Object.assign(azure.groups, { put: (_name: string, _definition: object, signal: AbortSignal) => never(signal) });
      await assert.rejects(run(definitionOf('one'), soon), /Azure has been out of reach.*Nothing is left behind/);
    });

    it('ends at its time where no look is answered', async () => {
      azure.lookFaults.push(...Array<'silence'>(99).fill('silence'));
      await assert.rejects(
        run(definitionOf('one'), soon),
        /Undoing failed as well, and is tried once more when the job ends: Azure has been out of reach/,
      );
    });
  });

  it('brings back what ran before with the secrets of this run, and proves that it serves', async () => {
    const secret = { name: 'PASSWORD', secureValue: 'from this run' };
    const before = definitionOf('one');
    before.containers[0]!.environmentVariables!.push({ name: 'PASSWORD', secureValue: 'of an earlier run' });
    azure.runs('estimator', before);
    azure.behaviours['two'] = { answer: { status: 503 } };
    const wanted = definitionOf('two');
    wanted.containers[0]!.environmentVariables!.push(secret);
    await assert.rejects(run(wanted), /HTTP 503.*one was restored and serves again at http:\/\/estimator/s);
    assert.equal(images(), 'one');
    assert.deepEqual(azure.definition('estimator')!.containers[0]!.environmentVariables, [
      { name: 'LEVEL', value: 'info' },
      secret,
    ]);
  });

  it('changes nothing back that it could not bring back whole, and names the secret', async () => {
    const before = definitionOf('one');
    before.containers[0]!.environmentVariables!.push({ name: 'OLD_SECRET', secureValue: 'unknown' });
    azure.runs('estimator', before);
    azure.behaviours['two'] = { crashes: 1 };
    await assert.rejects(run(definitionOf('two')), /this run was not given the environment variable OLD_SECRET/);
    assert.match(azure.warnings.join(), /OLD_SECRET/);
    assert.equal(images(), 'two');
  });

  it('says so when what ran before does not serve any more either', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['one'] = { answer: { status: 500 } };
    azure.behaviours['two'] = { crashes: 1 };
    await assert.rejects(
      run(definitionOf('two')),
      /exit code 1.*previous deployment of estimator could not be restored/s,
    );
  });

  it('restarts nothing when Azure refuses the update', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['two'] = { refused: { code: 'InaccessibleImage', message: "The image 'two' is not accessible." } };
    await assert.rejects(run(definitionOf('two')), /could not be pulled.*was not changed/s);
    assert.deepEqual(azure.calls, ['PUT estimator two']);
  });

  it('has nothing to remove when Azure refuses a first deployment', async () => {
    azure.refusals.push({ code: 'DnsNameLabelAlreadyTaken', message: 'not available' });
    await assert.rejects(run(definitionOf('one')), /DNS name label "estimator" is taken.*Nothing is left behind/s);
    assert.deepEqual(azure.calls, ['PUT estimator one']);
  });

  it('leaves what failed in place when rollbackOnFailure is off', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['two'] = { crashes: 1 };
    await assert.rejects(run(definitionOf('two'), { rollbackOnFailure: false }), /as rollbackOnFailure is off/);
    assert.equal(images(), 'two');
  });

  it('leaves an unchanged group that serves alone', async () => {
    azure.runs('estimator', definitionOf('one'));
    const { kind, previous } = await run(definitionOf('one'));
    assert.equal(kind, 'unchanged');
    assert.equal(previous, undefined);
    assert.deepEqual(azure.calls, []);
  });

  it('knows whether an earlier try of the same run deployed what it leaves alone', async () => {
    // A pipeline's name may give all of its builds one number.
    const of = (url: string) => definitionOf('one', { tags: { 'mlops-build': 'nightly', 'mlops-run': url } });
    azure.runs('estimator', of('https://a/_build/results?buildId=7'));
    const repeated = [];
    for (const url of ['https://a/_build/results?buildId=7', 'https://a/_build/results?buildId=8', 'https://b/x']) {
      repeated.push((await run(of(url))).isRepeated);
    }
    assert.deepEqual(repeated, [true, false, false]);
    azure.runs('estimator', definitionOf('one'));
    assert.equal((await run(definitionOf('one'))).isRepeated, false);
  });

  it('waits for the name of a group that it deleted itself, to bring back what ran', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.refusals.push(
      { code: 'ServiceUnavailable', message: 'no 4 CPU in eastus', status: 409 },
      { code: 'DnsNameLabelAlreadyTaken', message: 'it is taken' },
    );
    await assert.rejects(run(definitionOf('two', {}, 4)), /one was restored and serves again/);
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator two', 'PUT estimator one', 'PUT estimator one']);
  });

  it('waits for the room of a group that it deleted itself, to bring back what ran, and not for more room', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.refusals.push(
      { code: 'ServiceUnavailable', message: 'no 4 CPU in eastus', status: 409 },
      { code: 'ServiceUnavailable', message: 'no 1 CPU in eastus', status: 409 },
      { code: 'ContainerGroupQuotaReached', message: 'StandardCores' },
    );
    await assert.rejects(run(definitionOf('two', {}, 4)), /4 CPU.*one was restored and serves again/);
    const [removed, wanted, ...back] = azure.calls;
    assert.deepEqual([removed, wanted], ['DELETE estimator', 'PUT estimator two']);
    assert.deepEqual(back, Array(3).fill('PUT estimator one'));
  });

  it('does not wait for room to bring back what ran, where nothing was deleted', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['one'] = { refused: { code: 'ContainerGroupQuotaReached', message: 'The quota is reached.' } };
    azure.behaviours['two'] = { crashes: 1 };
    await assert.rejects(run(definitionOf('two')), /could not be restored.*quota/s);
    assert.deepEqual(azure.calls, ['PUT estimator two', 'PUT estimator one']);
  });

  it('brings back what ran though Azure is out of reach for a while, at whatever request', async () => {
    for (const [method, times] of [
      ['put', 3],
      ['find', 3],
      ['remove', 2],
    ] as const) {
      azure = new FakeContainerInstances();
      azure.runs('estimator', definitionOf('one'));
      azure.behaviours['two'] = { crashes: 1 };
      const real = azure.groups[method].bind(azure.groups) as (...given: unknown[]) => Promise<unknown>;
      let faults = 0;
      Object.assign(azure.groups, {
        [method]: (...given: unknown[]) => {
          const isOut = azure.calls.includes('PUT estimator two') && faults < times;
          if (!isOut) return real(...given);
          faults++;
          return Promise.reject(azureError({ code: 'ServerBusy', message: 'busy', status: 503 }));
        },
      });
      await assert.rejects(run(definitionOf('two', {}, 4)), /exit code 1.*one was restored and serves again/s);
      assert.equal(faults, times, method);
      assert.equal(images(), 'one');
    }
  });

  it('does not wait longer for an Azure that is out of reach than for a deployment', async () => {
    azure.runs('estimator', definitionOf('one'));
    const begin = azure.now;
    const { put } = azure.groups;
    azure.groups.put = () => Promise.reject(azureError({ code: 'ServerBusy', message: 'busy', status: 503 }));
    await assert.rejects(run(definitionOf('two')), /out of reach for 0:0[12]:.*Undoing failed as well.*out of reach/s);
    assert.ok(azure.now - begin < 5 * 60_000);

    // The post-job step finds what is to be undone.
    azure.groups.put = put;
    assert.match(await undo(azure.groups, journal.read()!, options, azure.ports), /^one was restored|was not changed/);
    assert.equal(images(), 'one');
  });

  it('brings back unseen what ran where nothing can be read any more, and removes nothing unseen', async () => {
    for (const first of [false, true]) {
      for (const status of [undefined, 403]) {
        azure = new FakeContainerInstances();
        if (!first) azure.runs('estimator', definitionOf('one'));
        azure.behaviours['two'] = { crashes: 1 };
        const { find } = azure.groups;
        azure.groups.find = (...given) =>
          azure.calls.includes('PUT estimator two')
            ? Promise.reject(new AzureFailure('a page of HTML', undefined, status, '', '', undefined))
            : find(...given);
        await assert.rejects(
          run(definitionOf('two')),
          /Undoing failed as well, and is tried once more when the job ends/,
        );
        assert.deepEqual(azure.calls, first ? ['PUT estimator two'] : ['PUT estimator two', 'PUT estimator one']);
      }
    }
  });

  it('undoes nothing that another release has deployed meanwhile', async () => {
    for (const first of [true, false]) {
      azure = new FakeContainerInstances();
      if (!first) azure.runs('estimator', definitionOf('one'));
      azure.behaviours['two'] = { answer: { status: 500 } };
      azure.behaviours['three'] = { answer: { status: 503 } };
      azure.onSleep = () => azure.calls.includes('PUT estimator two') && azure.runs('estimator', definitionOf('three'));
      await assert.rejects(run(definitionOf('two')), /left alone: it runs three, which another release has deployed/);
      assert.deepEqual(azure.calls, ['PUT estimator two']);
      assert.equal(images(), 'three');
    }
  });

  it('brings only tags up to date when nothing else changed', async () => {
    azure.runs('estimator', definitionOf('one', { tags: { owner: 'kept', 'mlops-model-version': '1' } }));
    await run(
      definitionOf('one', { tags: { 'mlops-model-version': '2', 'mlops-build': '8', 'mlops-previous-image': 'one' } }),
    );
    assert.deepEqual(azure.calls, ['PATCH estimator']);
    assert.deepEqual(azure.definition('estimator')!.tags, { owner: 'kept', 'mlops-model-version': '2' });
  });

  it('restarts an unchanged group that does not answer', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['one'] = { answer: { status: 500 } };
    azure.onSleep = () => azure.calls.includes('RESTART estimator') && (azure.behaviours['one'] = {});
    const begin = azure.now;
    const { kind } = await run(definitionOf('one'));
    assert.equal(kind, 'restarted');
    assert.deepEqual(azure.calls, ['RESTART estimator']);
    assert.ok(azure.now - begin >= 20_000);
  });

  it('restarts nothing for one answer that is slow to come', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['one'] = { answer: { fault: 'ETIMEDOUT', message: 'no answer within 5 s' } };
    azure.onSleep = () => (azure.behaviours['one'] = {});
    assert.equal((await run(definitionOf('one'))).kind, 'unchanged');
    assert.deepEqual(azure.calls, []);
  });

  it('sees that a secret changed, which Azure never shows', async () => {
    const withSecret = (secureValue: string) => {
      const definition = definitionOf('one');
      definition.containers[0]!.environmentVariables!.push({ name: 'PASSWORD', secureValue });
      return { ...definition, tags: { 'mlops-secrets': fingerprint(definition)! } };
    };
    azure.runs('estimator', withSecret('first'));
    assert.equal((await run(withSecret('first'))).kind, 'unchanged');
    assert.equal((await run(withSecret('second'))).kind, 'updated');
  });

  it('takes up where a run died, and knows what ran before that', async () => {
    azure.runs('estimator', definitionOf('one'));
    await azure.groups.put('estimator', definitionOf('two', { tags: { 'mlops-previous-image': 'one' } }));
    const { kind, previous } = await run(definitionOf('two', { tags: { 'mlops-previous-image': 'two' } }));
    assert.equal(kind, 'resumed');
    assert.equal(previous?.definition?.containers[0]?.image, 'one');
    assert.deepEqual(azure.calls, ['PUT estimator two']);
  });

  it('removes a first deployment that a dead run has sent and that fails', async () => {
    azure.behaviours['one'] = { startsAfter: 9, crashes: 1 };
    await azure.groups.put('estimator', definitionOf('one'));
    await assert.rejects(run(definitionOf('one')), /estimator was removed, because nothing ran there before/);
    assert.deepEqual(azure.calls, ['PUT estimator one', 'DELETE estimator']);
  });

  it('removes a first deployment that a dead run of the same build left crashing, and no other', async () => {
    const of = (build: string) => definitionOf('one', { tags: { 'mlops-build': 'nightly', 'mlops-run': build } });
    azure.behaviours['one'] = { crashes: 1 };
    azure.runs('estimator', of('7'));
    await assert.rejects(run(of('8')), /exit code 1.*What ran as estimator before was not changed/s);
    assert.deepEqual(azure.calls, ['RESTART estimator']);
    await assert.rejects(run(of('7')), /exit code 1.*estimator was removed, because nothing ran there before/s);
    assert.equal(azure.definition('estimator'), undefined);
  });

  describe('so that the death of its agent loses nothing', () => {
    const failing = { crashes: 1 };
    const parkedImage = () => azure.parked?.containers[0]?.image;

    it('parks what runs, without secrets, before it deletes it, and clears that at the end', async () => {
      const before = definitionOf('one');
      before.containers[0]!.environmentVariables!.push({ name: 'PASSWORD', secureValue: 'not-to-be-seen' });
      azure.runs('estimator', before);
      let parked = '';
      azure.onRemove = () => (parked = JSON.stringify(azure.parked));
      await run(definitionOf('one', {}, 2));
      assert.match(parked, /"image":"one".*"cpu":1,/);
      assert.doesNotMatch(parked, /not-to-be-seen|instanceView|fqdn/);
      assert.equal(azure.parked, undefined);
    });

    it('parks nothing for a first deployment', async () => {
      azure.onSleep = () => assert.equal(azure.parked, undefined);
      await run(definitionOf('one'));
    });

    it('takes up where the group was deleted and not created again', async () => {
      azure.parked = definitionOf('one');
      const { kind, previous } = await run(definitionOf('two', {}, 2));
      assert.equal(kind, 'recreated');
      assert.equal(previous?.definition?.containers[0]?.image, 'one');
      assert.equal(images(), 'two');
      assert.match(azure.warnings.join(), /An unfinished run .* one is restored, which ran before/);
      assert.equal(azure.parked, undefined);
    });

    it('brings back what the dead run deleted, with the secrets of this run, where the new one fails', async () => {
      const withSecret = (image: string, variable: object, cpu = 1) => {
        const definition = definitionOf(image, {}, cpu);
        definition.containers[0]!.environmentVariables!.push({ name: 'PASSWORD', ...variable });
        return definition;
      };
      azure.parked = withSecret('one', {});
      azure.behaviours['two'] = failing;
      const wanted = withSecret('two', { secureValue: 'from this run' }, 2);
      await assert.rejects(run(wanted), /one was restored and serves again/);
      const { containers } = withSecret('one', { secureValue: 'from this run' });
      assert.deepEqual(azure.definition('estimator')!.containers, containers);
      assert.equal(azure.parked, undefined);
    });

    it('brings it back where Azure refuses the new one, too', async () => {
      azure.parked = definitionOf('one');
      azure.behaviours['two'] = { refused: { code: 'InaccessibleImage', message: 'not accessible' } };
      await assert.rejects(run(definitionOf('two')), /could not be pulled.*one was restored and serves again/s);
      assert.equal(images(), 'one');
    });

    it('knows what ran before where the dead run left a group that crashes', async () => {
      azure.parked = definitionOf('one');
      azure.runs('estimator', definitionOf('two'));
      azure.behaviours['two'] = failing;
      await assert.rejects(run(definitionOf('two')), /one was restored and serves again/);
      await azure.parking.park(definitionOf('one'), azure.ports);
      azure.runs('estimator', definitionOf('two'));
      const { previous } = await run(definitionOf('three'));
      assert.equal(previous?.definition?.containers[0]?.image, 'one');
    });

    it('does not take a group for one that does not serve because one answer is slow to come', async () => {
      azure.parked = definitionOf('one');
      azure.runs('estimator', definitionOf('two'));
      azure.behaviours['two'] = { answer: { fault: 'ETIMEDOUT', message: 'no answer within 5 s' } };
      azure.onSleep = () => (azure.behaviours['two'] = {});
      const { previous } = await run(definitionOf('three'));
      assert.equal(previous?.definition?.containers[0]?.image, 'two');
    });

    it('does not mistake a note that a finished run left for something to bring back', async () => {
      azure.parked = definitionOf('one');
      azure.runs('estimator', definitionOf('two'));
      const { previous } = await run(definitionOf('three'));
      assert.equal(previous?.definition?.containers[0]?.image, 'two');
      assert.deepEqual(azure.warnings, []);
    });

    it('keeps the note where bringing back failed, for the next run', async () => {
      azure.runs('estimator', definitionOf('one'));
      azure.behaviours['two'] = failing;
      azure.onRemove = () => (azure.behaviours['one'] = failing);
      await assert.rejects(run(definitionOf('two', {}, 2)), /could not be restored/);
      assert.equal(parkedImage(), 'one');
    });
  });

  describe('with strategy verifyFirst', () => {
    it('checks the new image beside the real group before it switches', async () => {
      azure.runs('estimator', definitionOf('one'));
      await run(definitionOf('two'), { strategy: 'verifyFirst' });
      assert.deepEqual(azure.calls, ['PUT estimator-next two', 'DELETE estimator-next', 'PUT estimator two']);
    });

    it('does not touch the real group when the new image fails beside it', async () => {
      azure.runs('estimator', definitionOf('one'));
      azure.behaviours['two'] = { crashes: 137 };
      await assert.rejects(run(definitionOf('two'), { strategy: 'verifyFirst' }), /out of memory.*was not changed/s);
      assert.deepEqual(azure.calls, ['PUT estimator-next two', 'DELETE estimator-next']);
      assert.equal(images(), 'one');
    });

    it('does not take over a group of the temporary name that is not its own', async () => {
      azure.runs('estimator', definitionOf('one'));
      azure.runs('estimator-next', definitionOf('other'));
      await assert.rejects(
        run(definitionOf('two'), { strategy: 'verifyFirst' }),
        /there is a container group estimator-next that this task did not create/,
      );
      assert.deepEqual(azure.calls, []);
    });

    it('needs nothing beside for a first deployment', async () => {
      await run(definitionOf('one'), { strategy: 'verifyFirst' });
      assert.deepEqual(azure.calls, ['PUT estimator one']);
    });
  });

  describe('when cancelled', () => {
    const cancelWhile = () => {
      azure.behaviours['two'] = { startsAfter: 60 };
      azure.onSleep = () => void (azure.calls.length > 0 && azure.controller.abort(new Cancelled()));
    };

    // Another release has deployed to this name while this run was cancelled.
    it('leaves alone what another release has brought meanwhile', async () => {
      azure.runs('estimator', definitionOf('one'));
      azure.behaviours['two'] = { startsAfter: 60 };
      azure.onSleep = () => {
        if (azure.calls.length === 0) return;
        azure.runs('estimator', definitionOf('three'));
        azure.controller.abort(new Cancelled());
      };
      await assert.rejects(run(definitionOf('two')), Cancelled);
      assert.deepEqual([azure.calls, images()], [['PUT estimator two'], 'three']);
    });

    it('removes a first deployment at once', async () => {
      cancelWhile();
      await assert.rejects(run(definitionOf('two')), Cancelled);
      assert.deepEqual(azure.calls, ['PUT estimator two', 'DELETE estimator']);
    });

    it('sends the previous definition at once, and leaves the proof to the post-job step', async () => {
      azure.runs('estimator', definitionOf('one'));
      cancelWhile();
      await assert.rejects(run(definitionOf('two')), Cancelled);
      assert.deepEqual(azure.calls, ['PUT estimator two', 'PUT estimator one']);

      const unfinished = journal.read();
      assert.ok(unfinished, 'the post-job step finds what is unfinished');
      azure.onSleep = () => undefined;
      const ports = { ...azure.ports, signal: new AbortController().signal };
      assert.match(await undo(azure.groups, unfinished, options, ports), /one was restored and serves again/);
    });

    it('removes what stands beside', async () => {
      azure.runs('estimator', definitionOf('one'));
      cancelWhile();
      await assert.rejects(run(definitionOf('two'), { strategy: 'verifyFirst' }), Cancelled);
      assert.deepEqual(azure.calls, ['PUT estimator-next two', 'DELETE estimator-next']);
      assert.equal(images(), 'one');
    });
  });
});
