import assert from 'node:assert/strict';
import { type AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { HealthAnswer } from '../../../tasks/common/azure/containerGroups/healthRequest';
import { apply, removeAndWait } from '../../../tasks/common/deployment/apply';
import { NotReady, waitUntilReady, type Waiting } from '../../../tasks/common/deployment/readiness';
import { mustDelete } from '../../../tasks/common/deployment/restore';
import { untilDeadline } from '../../../tasks/common/deployment/untilDeadline';
import { azureError, definitionOf, FakeContainerInstances } from './fakeContainerInstances';

type Instance = ContainerGroup['containers'][number]['instanceView'];
const start = new Date(Date.UTC(2026, 0, 1));
const running: Instance = { restartCount: 0, currentState: { state: 'Running', startTime: start }, events: [] };

/** A group as Azure shows it, with these states of its containers. */
function shown(instances: Instance[], changes: Partial<ContainerGroup> = {}): ContainerGroup {
  const definition = definitionOf('one');
  return {
    ...definition,
    name: 'estimator',
    provisioningState: 'Succeeded',
    ipAddress: { ...definition.ipAddress!, fqdn: 'estimator.example.net' },
    containers: instances.map((instanceView, index) => ({
      ...definition.containers[0]!,
      name: index === 0 ? 'scoring' : `other-${index}`,
      instanceView,
    })),
    ...changes,
  };
}

describe('Waiting until a container group serves', () => {
  let azure: FakeContainerInstances;
  let looks: number[];
  let asked: string[];
  let progress: unknown[][];
  beforeEach(() => {
    azure = new FakeContainerInstances();
    looks = [];
    asked = [];
    progress = [];
  });

  /** @param views what Azure shows at each look; the last one stays */
  function wait(views: ContainerGroup[], answer: (at: number) => HealthAnswer, more: Partial<Waiting> = {}) {
    const begin = azure.now;
    const find = async () => {
      looks.push((azure.now - begin) / 1000);
      return views[Math.min(looks.length, views.length) - 1]!;
    };
    const health = async (url: string) => {
      asked.push(url);
      return answer((azure.now - begin) / 1000);
    };
    const log = { ...azure.ports.log, progress: (...all: unknown[]) => void progress.push(all) };
    Object.assign(azure.groups, { find });
    return waitUntilReady(
      { groups: azure.groups, name: 'estimator', deadline: begin + 600_000, ...more },
      { ...azure.ports, log, health },
    );
  }
  const well = () => ({ status: 200 });
  const pending = () => shown([undefined], { provisioningState: 'Pending' });

  it('looks seldomer the longer it takes: every two, five and ten seconds', async () => {
    await assert.rejects(wait([pending()], well, { deadline: azure.now + 200_000 }), NotReady);
    const gaps = looks.slice(1).map((each, index) => each - looks[index]!);
    assert.deepEqual([...new Set(gaps)], [2, 5, 10]);
    assert.equal(looks[10], 20);
    assert.ok(looks.includes(120) && looks.includes(130) && !looks.includes(125));
  });

  it('looks a second after it was sent for the first time, as there is nothing to see before', async () => {
    await wait([shown([running])], well, { provisioning: { failure: async () => undefined } });
    assert.deepEqual(looks, [1]);
  });

  it('asks twice a second once the containers run, and says how long it took', async () => {
    const ready = await wait([shown([running])], (at) => ({ status: at >= 7 ? 204 : 503 }));
    assert.deepEqual([ready.seconds, ready.origin], [7, 'http://estimator.example.net:5001']);
    assert.equal(asked.length, 15);
    assert.deepEqual(new Set(asked), new Set(['http://estimator.example.net:5001/health']));
    assert.deepEqual(looks, [0, 5]);
    assert.deepEqual(azure.lines.slice(-2), [
      '    0 s  http://estimator.example.net:5001/health: HTTP 503',
      '    7 s  http://estimator.example.net:5001/health: HTTP 204',
    ]);
  });

  it('asks for no longer than it may take', async () => {
    await assert.rejects(
      wait([shown([running])], () => ({ fault: 'ECONNREFUSED', message: 'refused' }), { deadline: azure.now + 2_000 }),
      (error: NotReady) => {
        assert.equal(error.reason, 'timeout');
        assert.equal(error.name, 'NotReady');
        assert.equal(error.message, 'The container group did not become ready: timeout.');
        assert.deepEqual(error.answer, { fault: 'ECONNREFUSED', message: 'refused' });
        return true;
      },
    );
    assert.equal(asked.length, 4);
  });

  it('shows how far it is', async () => {
    const startsOne = shown([running, undefined]);
    await wait([pending(), startsOne, shown([running, running])], well);
    assert.deepEqual(progress, [
      [30, 'starting'],
      [60, 'starting'],
      [80, 'probing'],
    ]);
  });

  it('waits for every container, and for an address', async () => {
    await wait(
      [shown([running, undefined]), shown([running], { ipAddress: undefined }), shown([running, running])],
      well,
    );
    assert.deepEqual([looks.length, asked.length], [3, 1]);
  });

  for (const state of ['Accepted', 'Pending', 'Creating', 'Updating', 'Repairing', 'PreProvisioned', 'Deleting']) {
    it(`asks nothing while Azure says ${state}`, async () => {
      await wait([shown([running], { provisioningState: state }), shown([running])], well);
      assert.deepEqual([looks.length, asked.length], [2, 1]);
    });
  }
  for (const state of ['NotAccepted', 'PendingX', 'Succeeded', undefined]) {
    it(`asks where Azure says ${state}`, async () => {
      await wait([shown([running], { provisioningState: state })], well);
      assert.equal(looks.length, 1);
    });
  }

  it('takes no container for one of before that has another name', async () => {
    const before = shown([undefined, running]);
    await wait([shown([running, { ...running, currentState: { state: 'Running', startTime: new Date(+start + 1) } }])], well, { before }); // prettier-ignore
    assert.equal(looks.length, 1);
  });

  it('takes the end of a container of before, which Azure still shows, for none of its own', async () => {
    const ended = { restartCount: 0, currentState: { state: 'Terminated', exitCode: 0, startTime: start } };
    const fresh = { ...running, currentState: { state: 'Running', startTime: new Date(+start + 60_000) } };
    const changes = { restartPolicy: 'Never' };
    await wait([shown([ended], changes), shown([fresh], changes)], well, { before: shown([running]) });
    assert.deepEqual([looks.length, asked.length], [2, 1]);
    await assert.rejects(wait([shown([ended], changes)], well), /ended/);
  });

  it('ends at once where Azure says that it failed, with what the operation says', async () => {
    const failure = azureError({ code: 'X', message: 'no room' });
    for (const group of [
      shown([undefined], { provisioningState: 'Failed' }),
      shown([undefined], { instanceView: { state: 'Failed' } }),
    ]) {
      await assert.rejects(
        wait([group], well, { provisioning: { failure: async () => failure } }),
        (error: NotReady) => {
          assert.deepEqual([error.reason, error.failure], ['failed', failure]);
          return true;
        },
      );
    }
    await wait([shown([running], { provisioningState: 'Unknown', instanceView: { state: 'Failed' } })], well);
  });

  it('gives up what crashed twice, and not what crashed once or was restarted once', async () => {
    const view = (restartCount: number, state: string): Instance => ({
      restartCount,
      currentState: { state, startTime: new Date(+start + 1) },
      previousState: { state: 'Terminated', exitCode: 1, startTime: start },
    });
    await assert.rejects(wait([shown([view(2, 'Running')])], well), /crashed/);
    await assert.rejects(wait([shown([view(1, 'Waiting')])], well), /crashed/);
    await wait([shown([view(0, 'Waiting')]), shown([running])], well);
    looks.length = 0;
    await wait([shown([view(1, 'Running')])], well);
    assert.equal(looks.length, 1);
  });

  it('gives up what cannot be pulled, unless it was after all', async () => {
    const events = (...all: Array<[name: string, message: string, count?: number, second?: number]>) =>
      all.map(([name, message, count, second]) => ({ name, message, count, lastTimestamp: second === undefined ? undefined : new Date(second * 1000) })); // prettier-ignore
    const with_ = (...all: Parameters<typeof events>) => shown([{ restartCount: 0, events: events(...all) }], { provisioningState: 'Pending' }); // prettier-ignore
    await assert.rejects(wait([with_(['Failed', 'Failed to pull image', 2])], well), /pullFailed/);
    for (const group of [
      with_(['Failed', 'Failed to pull image', 1]),
      with_(['Failed', 'Failed to pull image']),
      with_(['Failed', 'Failed to start', 2]),
      with_(['Pulling', 'pulling image', 2]),
      with_(['Failed', 'Failed to pull image', 2, 5], ['Pulled', 'pulled', 1, 5]),
      with_(['Failed', 'Failed to pull image', 2, 5], ['Pulled', 'pulled', 1, 6]),
      with_(['Failed', 'Failed to pull image', 2], ['Pulled', 'pulled', 1]),
    ]) {
      looks.length = 0;
      await wait([group, shown([running])], well);
      assert.equal(looks.length, 2);
    }
    const late = with_(['Failed', 'Failed to pull image', 2, 5], ['Pulled', 'pulled', 1, 4]);
    await assert.rejects(wait([late], well), /pullFailed/);
  });

  it('tells each thing once: events, states, ends and restarts', async () => {
    const end = { state: 'Terminated', exitCode: 0, detailStatus: 'Completed', startTime: start };
    const view: Instance = {
      restartCount: 1,
      currentState: end,
      previousState: end,
      events: [{ name: 'Pulled', message: 'pulled it' }],
    };
    const group = shown([view, undefined], { instanceView: { state: 'Pending', events: [{ name: 'Scheduled', message: 'on a node' }] } }); // prettier-ignore
    await wait([pending(), { ...group }, { ...group }, shown([running])], well);
    const told = azure.lines.map((line) => line.replace(/^ *\d+ s {2}/, ''));
    assert.deepEqual(told, [
      'estimator: Pending',
      'Scheduled: on a node',
      'scoring: Pulled: pulled it',
      'scoring: Terminated with exit code 0 (Completed), restarted 1 times',
      'scoring: Running',
      'http://estimator.example.net:5001/health: HTTP 200',
    ]);
  });

  it('tells of a group without a name or state that it was accepted', async () => {
    await wait([shown([undefined], { name: undefined, provisioningState: undefined }), shown([running])], well);
    assert.equal(azure.lines[0], '    0 s  The group: accepted');
  });
});

describe('Sending a definition', () => {
  let azure: FakeContainerInstances;
  let changes: number;
  beforeEach(() => {
    azure = new FakeContainerInstances();
    changes = 0;
  });
  const send = (refusals: Error[], minutes = 2, deleteFirst = false) => {
    const put = azure.groups.put.bind(azure.groups);
    Object.assign(azure.groups, {
      put: (...all: Parameters<typeof put>) => {
        const refusal = refusals.shift();
        return refusal ? Promise.reject(refusal) : put(...all);
      },
    });
    return apply(
      {
        groups: azure.groups,
        name: 'estimator',
        definition: definitionOf('one'),
        deleteFirst,
        deadline: azure.now + minutes * 60_000,
        onChange: () => void changes++,
      },
      azure.ports,
    );
  };
  const transition = () => azureError({ code: 'ContainerGroupTransitioning', message: 'in transition', status: 409 });

  it('is repeated every five seconds while the group is in transition, and says so', async () => {
    const begin = azure.now;
    await send([transition(), transition()]);
    assert.equal(azure.now - begin, 10_000);
    assert.deepEqual(azure.lines, [
      'Azure is not ready to change estimator (ContainerGroupTransitioning), asking again in 5 s.',
      'Azure is not ready to change estimator (ContainerGroupTransitioning), asking again in 5 s.',
    ]);
    assert.equal(changes, 1);
  });

  it('ends at the deadline with the refusal', async () => {
    const begin = azure.now;
    await assert.rejects(send(Array.from({ length: 9 }, transition), 10 / 60), /in transition/);
    assert.equal(azure.now - begin, 10_000);
  });

  it('is refused where Azure refuses it, and has changed nothing then', async () => {
    for (const status of [400, 409]) {
      await assert.rejects(send([azureError({ code: 'InvalidX', message: 'no', status })]), /no/);
    }
    assert.equal(changes, 0);
  });

  it('may have changed something where nobody knows what came of it', async () => {
    await assert.rejects(send([new TypeError('a bug')]), TypeError);
    assert.equal(changes, 1);
  });

  it('deletes first where Azure asks for it, once', async () => {
    const refusal = () => azureError({ code: 'InvalidContainerGroupUpdate', message: 'not in place' });
    await send([refusal()]);
    assert.match(azure.warnings[0]!, /^Azure cannot change estimator in place, it is deleted and .*: not in place$/);
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator one']);
    await assert.rejects(send([refusal(), refusal()]), /not in place/);
  });

  it('waits for the name of a group that it deleted, and for no other', async () => {
    const taken = () => azureError({ code: 'DnsNameLabelAlreadyTaken', message: 'taken' });
    azure.runs('estimator', definitionOf('old'));
    await send([taken(), taken()], 2, true);
    assert.deepEqual(azure.calls, ['DELETE estimator', 'PUT estimator one']);
    await assert.rejects(send([taken()]), /taken/);
  });
});

describe('Deleting a group', () => {
  it('is repeated while another operation is at work, and waits until the group is gone', async () => {
    const azure = new FakeContainerInstances();
    azure.runs('estimator', definitionOf('old'));
    const refusals: Error[] = [azureError({ code: 'X', message: 'busy', status: 409 })];
    const remove = azure.groups.remove.bind(azure.groups);
    let left = 2;
    Object.assign(azure.groups, {
      remove: (name: string) => (refusals.length > 0 ? Promise.reject(refusals.shift()!) : remove(name)),
      find: async () => (left-- > 0 ? definitionOf('old') : undefined),
    });
    const begin = azure.now;
    await removeAndWait(azure.groups, 'estimator', begin + 60_000, azure.ports);
    assert.equal(azure.now - begin, 5_000 + 2 * 2_000);
    assert.deepEqual(azure.calls, ['DELETE estimator']);
  });

  it('is refused for another reason, and at the deadline', async () => {
    const azure = new FakeContainerInstances();
    for (const [status, ms] of [
      [403, 60_000],
      [409, 4_000],
    ] as const) {
      // prettier-ignore
      Object.assign(azure.groups, { remove: () => Promise.reject(azureError({ code: 'X', message: `no ${status}`, status })) });
      await assert.rejects(
        removeAndWait(azure.groups, 'estimator', azure.now + ms, azure.ports),
        new RegExp(`no ${status}`),
      );
    }
  });

  it('is needed where a group has ended, or is of another size', () => {
    const current = { ...definitionOf('one'), provisioningState: 'Succeeded' };
    assert.equal(mustDelete(undefined, definitionOf('one')), false);
    assert.equal(mustDelete(current, definitionOf('two')), false);
    assert.equal(mustDelete(current, definitionOf('two', {}, 2)), true);
    assert.equal(mustDelete({ ...current, provisioningState: 'Failed' }, definitionOf('one')), true);
  });
});

describe('A call that must not outlast its deadline', () => {
  it('ends with a failure that says so', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const clock = { now: () => 0 };
    const { signal } = new AbortController();
    await assert.rejects(untilDeadline(never, 20, { clock, signal }), (error: AzureFailure) => {
      assert.equal(error.message, "Azure gave no whole answer in the 0 s that were left. Check the agent's network.");
      assert.deepEqual([error.status, error.code], [undefined, 'ETIMEDOUT']);
      return true;
    });
  });
});
