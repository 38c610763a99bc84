import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { NotReady, waitUntilReady } from '../../../tasks/common/deployment/readiness';
import { azureError, definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const first = new Date('2026-01-01T00:00:00Z');
const death = { state: 'Terminated', exitCode: 1, startTime: first, detailStatus: 'Error' };

type View = ContainerGroup['containers'][number]['instanceView'];

/** Waits for a group that Azure shows in these states, one a look; the last one stays. */
async function wait(
  views: View[],
  provisioningState: string | string[] = 'Succeeded',
  restartPolicy = 'Always',
  takenUp?: View,
  updated?: View,
) {
  const azure = new FakeContainerInstances();
  let looks = 0;
  const groupWith = (instanceView: View, state: string | undefined): ContainerGroup => {
    const definition = definitionOf('one');
    const [container] = definition.containers;
    return {
      ...definition,
      restartPolicy,
      provisioningState: state,
      ipAddress: { ...definition.ipAddress!, fqdn: 'estimator.eastus.azurecontainer.io' },
      containers: [{ ...container!, instanceView }],
    };
  };
  const states = [provisioningState].flat();
  const find = (): Promise<ContainerGroup> => {
    const look = looks++;
    const instanceView = views[Math.min(look, views.length - 1)];
    return Promise.resolve(groupWith(instanceView, states[Math.min(look, states.length - 1)]));
  };
  const ports = { ...azure.ports, health: () => Promise.resolve({ status: 200 }) };
  const groups = { ...azure.groups, find } as unknown as typeof azure.groups;
  const groupAtStart = takenUp && groupWith(takenUp, 'Updating');
  const before = updated && groupWith(updated, 'Succeeded');
  const waiting = { groups, name: 'estimator', takenUp: groupAtStart, before, deadline: azure.now + 60_000 };
  const ready = await waitUntilReady(waiting, ports);
  return { ready, lines: azure.lines, looks };
}

const running: View = { restartCount: 0, currentState: { state: 'Running', startTime: first } };

describe('Waiting for a container group', () => {
  it('waits for the container of the update, while Azure still shows the one of before as running', async () => {
    const again: View = { restartCount: 0, currentState: { state: 'Running', startTime: new Date(+first + 60_000) } };
    assert.equal(
      (await wait([running, running, again], 'Succeeded', 'Always', undefined, running)).looks,
      3,
      'the same start',
    );
    const states = ['', '', 'Succeeded'];
    assert.equal(
      (await wait([again], states, 'Always', undefined, running)).looks,
      3,
      'not done yet, whatever it shows',
    );
    assert.equal((await wait([again], 'Succeeded', 'Always', undefined, running)).looks, 1);
    const waiting: View = { restartCount: 0, currentState: { state: 'Waiting' } };
    assert.equal((await wait([running], 'Succeeded', 'Always', undefined, waiting)).looks, 1, 'none ran before');
  });

  it('says each thing once, with the seconds since the start', async () => {
    const pulling = { restartCount: 0, events: [{ name: 'Pulling', message: 'pulling image "one"' }] };
    const { lines } = await wait([pulling, pulling, { ...running, events: pulling.events }]);
    assert.deepEqual(lines, [
      '    0 s  scoring: Pulling: pulling image "one"',
      '    0 s  The group: Succeeded',
      '    4 s  scoring: Running',
      '    4 s  http://estimator.eastus.azurecontainer.io:5001/health: HTTP 200',
    ]);
  });

  it('rides out an Azure that does not answer for a while, and no longer than it may wait', async () => {
    const azure = new FakeContainerInstances();
    azure.runs('estimator', definitionOf('one'));
    const outage = azureError({ code: 'ServerBusy', message: 'busy', status: 503 });
    let faults = 0;
    const find = () => (faults++ < 3 ? Promise.reject(outage) : azure.groups.find('estimator'));
    const wait = (until: number) =>
      waitUntilReady({ groups: { ...azure.groups, find } as never, name: 'estimator', deadline: until }, azure.ports);
    assert.equal((await wait(azure.now + 60_000)).origin, 'http://estimator.eastus.azurecontainer.io:5001');
    assert.equal(azure.lines.filter((line) => line.includes('Trying again until Azure answers')).length, 1);
    faults = -1e9;
    const begin = azure.now;
    await assert.rejects(wait(begin + 60_000), (error) => error instanceof NotReady && error.reason === 'timeout');
    assert.equal(azure.now, begin + 60_000);
  });

  it('takes no image for unpullable that was pulled at last', async () => {
    const event = (name: string, message: string, count: number, seconds: number) => ({
      name,
      message,
      count,
      lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)),
    });
    const failed = event('Failed', 'Failed to pull image "one": toomanyrequests', 2, 10);
    const pulled = event('Pulled', 'Successfully pulled image "one"', 1, 20);
    const waiting = { restartCount: 0, currentState: { state: 'Waiting' } };
    await wait([{ ...running, events: [failed] }]);
    await wait([{ ...waiting, events: [failed, pulled] }, running]);
    for (const events of [[failed], [{ ...pulled, lastTimestamp: first }, failed]]) {
      await assert.rejects(
        wait([{ ...waiting, events }, running]),
        (error) => error instanceof NotReady && error.reason === 'pullFailed',
      );
    }
  });

  it('gives a container that ended once another chance, however Azure shows that end', async () => {
    const { ready } = await wait([
      { restartCount: 0, currentState: death },
      { restartCount: 1, currentState: death, previousState: death },
      { restartCount: 1, currentState: { state: 'Running', startTime: new Date() }, previousState: death },
    ]);
    assert.equal(ready.origin, 'http://estimator.eastus.azurecontainer.io:5001');
  });

  for (const [title, view] of [
    ['waits to be restarted again', { restartCount: 1, currentState: { state: 'Waiting' }, previousState: death }],
    ['ended again', { restartCount: 1, currentState: { ...death, startTime: new Date() }, previousState: death }],
    ['was restarted twice', { restartCount: 2, currentState: { state: 'Running', startTime: first } }],
  ] as const) {
    it(`gives up on a container that ${title}`, async () => {
      await assert.rejects(wait([view]), (error) => error instanceof NotReady && error.reason === 'crashed');
    });
  }

  for (const [restartPolicy, exitCode, reason] of [
    ['Never', 1, 'ended'],
    ['OnFailure', 0, 'ended'],
    ['OnFailure', 1, 'timeout'],
    ['Always', 0, 'timeout'],
  ] as const) {
    it(`takes an end with ${exitCode} under the policy ${restartPolicy} for ${reason === 'ended' ? 'the last' : 'a passing'} one`, async () => {
      const view = { restartCount: 0, currentState: { ...death, exitCode } };
      await assert.rejects(
        wait([view], 'Succeeded', restartPolicy),
        (error) => error instanceof NotReady && error.reason === reason,
      );
    });
  }

  it('takes no container for the new one that Azure still shows as it was before the update', async () => {
    const azure = new FakeContainerInstances();
    const began = (time: string): View => ({ currentState: { state: 'Running', startTime: new Date(time) } });
    const group = (provisioningState: string, instanceView: View): ContainerGroup => {
      const definition = definitionOf('two');
      const containers = [{ ...definition.containers[0]!, instanceView }];
      const ipAddress = { ...definition.ipAddress!, fqdn: 'estimator.eastus.azurecontainer.io' };
      return { ...definition, provisioningState, containers, ipAddress };
    };
    const before = group('Succeeded', running);
    // A start of its own does not yet make it the new one: while the update is under way, the old one may have restarted.
    const views = [group('Updating', running), group('Updating', began('2026-01-01T00:01:00Z')), group('Succeeded', began('2026-01-01T00:02:00Z'))]; // prettier-ignore
    let looks = 0;
    const find = async () => views[Math.min(looks++, 2)]!;
    const ports = { ...azure.ports, health: async () => ({ status: 200 }) };
    const groups = { ...azure.groups, find } as unknown as typeof azure.groups;
    await waitUntilReady({ groups, name: 'estimator', before, deadline: azure.now + 60_000 }, ports);
    assert.equal(looks, 3);
  });

  it('gives up on a group that failed', async () => {
    await assert.rejects(wait([running], 'Failed'), (error) => error instanceof NotReady && error.reason === 'failed');
  });

  it('gives up on an image that could not be pulled twice', async () => {
    const events = [{ name: 'Failed', message: 'Failed to pull image "one"', count: 2 }];
    await assert.rejects(
      wait([{ restartCount: 0, events }]),
      (error) => error instanceof NotReady && error.reason === 'pullFailed',
    );
  });

  it('takes the old container, which Azure shows while it updates the group, for no new one', async () => {
    const { looks } = await wait([running], ['Updating', 'Updating', 'Succeeded']);
    assert.equal(looks, 3);
    for (const state of ['Accepted', 'Pending', 'Creating', 'Updating', 'Repairing']) {
      await assert.rejects(wait([running], state), (error) => error instanceof NotReady && error.reason === 'timeout');
    }
  });

  it('does not count what a group that it takes up had behind it', async () => {
    const events = [{ name: 'Failed', message: 'Failed to pull image "one"', count: 5 }];
    const before: View = { restartCount: 5, currentState: { state: 'Running', startTime: first }, events };
    const waiting: View = { ...before, currentState: { state: 'Waiting' } };
    const again: View = { ...before, currentState: { state: 'Running', startTime: new Date() } };
    await wait([waiting, again], 'Succeeded', 'Always', before);
    const crashed: View = { ...again, restartCount: 7 };
    await assert.rejects(
      wait([waiting, crashed], 'Succeeded', 'Always', before),
      (error) => error instanceof NotReady && error.reason === 'crashed',
    );
    const unpullable: View = { ...waiting, events: [{ ...events[0]!, count: 7 }] };
    await assert.rejects(
      wait([waiting, unpullable], 'Succeeded', 'Always', before),
      (error) => error instanceof NotReady && error.reason === 'pullFailed',
    );
  });

  it('takes the end of the old container for no end, while Azure restarts the group', async () => {
    const ended: View = { restartCount: 0, currentState: { ...death, exitCode: 0 } };
    const { looks } = await wait([ended, running], ['Updating', 'Succeeded'], 'Never');
    assert.equal(looks, 2);
  });

  it('gives up when the time is over', async () => {
    await assert.rejects(
      wait([{ restartCount: 0 }]),
      (error) => error instanceof NotReady && error.reason === 'timeout',
    );
  });
});
