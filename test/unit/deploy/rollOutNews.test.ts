import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { fingerprint } from '../../../tasks/common/deployment/secureValues';
import { rollOut, type RollOut } from '../../../tasks/DeployACI/rollOut';
import { leftDeployment } from '../../../tasks/DeployACI/undo';
import { definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const options = {
  strategy: 'replace',
  rollbackOnFailure: true,
  keepFailedGroup: false,
  startTimeoutInMinutes: 2,
} as const;

describe('What a deployment says before it does it', () => {
  let azure: FakeContainerInstances;
  beforeEach(() => {
    azure = new FakeContainerInstances();
  });

  async function run(definition: ContainerGroup, changes: Partial<RollOut['options']> = {}, left?: ContainerGroup) {
    const { groups, parking, ports } = azure;
    const state = new Map<string, string>();
    const leftWork = leftDeployment({ get: (key) => state.get(key), set: (key, value) => void state.set(key, value) });
    const current = await groups.find('estimator');
    const all = { groups, name: 'estimator', definition, current, left, leftWork, parking };
    const rolledOut = await rollOut({ ...all, options: { ...options, ...changes } }, ports);
    return { rolledOut };
  }

  it('of a new group', async () => {
    await run(definitionOf('one'));
    assert.equal(azure.lines[0], 'estimator is new: it is created.');
  });

  it('of a group that a dead run has deleted', async () => {
    await run(definitionOf('two'), {}, definitionOf('one'));
    assert.match(azure.warnings[0]!, /^An unfinished run was changing estimator, .*: this run continues from there\. If it fails, one is restored/); // prettier-ignore
    assert.match(azure.lines[0]!, /^estimator was already deleted; /);
  });

  it('of a group that is as it should be and does not answer', async () => {
    azure.runs('estimator', definitionOf('one'));
    azure.behaviours['one'] = { answer: { status: 500 } };
    azure.onSleep = () => {
      if (azure.calls.length > 0) azure.behaviours['one'] = {};
    };
    const { rolledOut } = await run(definitionOf('one'));
    assert.equal(rolledOut.kind, 'restarted');
    assert.match(azure.lines[0]!, /^estimator matches its definition but does not respond; /);
  });

  it('of what a dead run has sent', async () => {
    await azure.groups.put('estimator', definitionOf('one'));
    await run(definitionOf('one'));
    assert.match(azure.lines[0]!, /^An unfinished run has already sent this definition of estimator: /);
  });

  it('of a change in place, value by value', async () => {
    azure.runs('estimator', definitionOf('one'));
    const wanted = definitionOf('two');
    wanted.containers[0]!.environmentVariables = [{ name: 'LEVEL', value: 'debug' }];
    await run(wanted);
    const [first, ...others] = azure.lines;
    assert.equal(first, 'estimator runs one. What changes:');
    assert.ok(
      others.some((line) => /^ {2}.*image.*: one → two$/.test(line)),
      others.join('\n'),
    );
    assert.ok(others.includes('It is changed in place: its containers restart.'));
    assert.ok(!others.includes('  secret values'));
    assert.ok(!others.some((line) => line.includes('beside it')));
    assert.deepEqual(azure.warnings, []);
  });

  it('of secrets that change, and nothing else', async () => {
    const withSecret = (secureValue: string) => {
      const definition = definitionOf('one');
      definition.containers[0]!.environmentVariables!.push({ name: 'PASSWORD', secureValue });
      return { ...definition, tags: { 'mlops-secrets': fingerprint(definition)! } };
    };
    azure.runs('estimator', withSecret('before'));
    await run(withSecret('after'));
    assert.deepEqual(azure.lines.slice(0, 2), ['estimator runs one. What changes:', '  secret values']);
  });

  it('of what is checked beside the real one', async () => {
    azure.runs('estimator', definitionOf('one'));
    await run(definitionOf('two'), { strategy: 'verifyFirst' });
    const said = azure.lines.join('\n');
    assert.match(said, /The new one is started next to it as estimator-next and checked; estimator serves meanwhile\./);
    assert.match(said, /The new image serves at http:\/\/estimator-next\..* after \d+ s; now estimator is switched\./);
  });

  it('of a group that must be deleted', async () => {
    azure.runs('estimator', definitionOf('one'));
    await run(definitionOf('one', {}, 2));
    assert.match(azure.warnings[0]!, /^estimator is deleted and .*, because Azure cannot change .*cpu.* of a group: it does not answer meanwhile, and its IP address changes\.$/i); // prettier-ignore
    assert.ok(!azure.lines.includes('It is changed in place: its containers restart.'));
  });

  it('of secrets that a rollback would lack, all of them', async () => {
    const before = definitionOf('one');
    before.containers[0]!.environmentVariables!.push({ name: 'A', secureValue: 'x' }, { name: 'B', secureValue: 'y' });
    azure.runs('estimator', before);
    await run(definitionOf('two'), { rollbackOnFailure: false });
    assert.deepEqual(azure.warnings, []);
    azure.runs('estimator', before);
    await run(definitionOf('two'));
    assert.match(
      azure.warnings.join('\n'),
      /could not restore what runs now: this run does not set .*A.*, .*B.*, and Azure/,
    );
  });

  it('of one that is left alone, and of its tags', async () => {
    azure.runs('estimator', definitionOf('one', { tags: { team: 'a' } }));
    const { rolledOut } = await run(definitionOf('one', { tags: { team: 'a' } }));
    assert.deepEqual(azure.lines, ['estimator already runs exactly this and answers, so it is left alone.']);
    assert.deepEqual(azure.calls, []);
    assert.equal(rolledOut.ready.origin, 'http://estimator.eastus.azurecontainer.io:5001');
    assert.equal(rolledOut.ready.seconds, 0);
    await run(definitionOf('one', { tags: { team: 'b' } }));
    assert.ok(azure.lines.includes('Its tags are brought up to date, which restarts nothing.'));
    assert.deepEqual(azure.calls, ['PATCH estimator']);
  });
});

describe('What stands beside the real group', () => {
  let azure: FakeContainerInstances;
  beforeEach(() => {
    azure = new FakeContainerInstances();
    azure.runs('estimator', definitionOf('one'));
  });

  async function verify(definition: ContainerGroup) {
    const { groups, parking, ports } = azure;
    const sent: ContainerGroup[] = [];
    const put = groups.put.bind(groups);
    Object.assign(groups, {
      put: (name: string, each: ContainerGroup) => {
        if (name === 'estimator-next') sent.push(each);
        return put(name, each);
      },
    });
    const current = await groups.find('estimator');
    const leftWork = { note: () => Promise.resolve(), settle: () => undefined, read: () => undefined };
    await rollOut(
      {
        groups,
        name: 'estimator',
        definition,
        current,
        leftWork,
        parking,
        options: { ...options, strategy: 'verifyFirst' },
      },
      ports,
    );
    return sent;
  }

  it('carries the name of the real one as a tag, its own tags, and a label of its own', async () => {
    const [beside] = await verify(definitionOf('two', { tags: { team: 'ml' } }));
    assert.deepEqual(beside?.tags, { team: 'ml', 'mlops-besides': 'estimator' });
    assert.equal(beside?.ipAddress?.dnsNameLabel, 'estimator-next');
  });

  it('has no label where the real one has none', async () => {
    const ipAddress = { type: 'Private', ports: [{ port: 5001 }] };
    azure.runs('estimator', definitionOf('one', { ipAddress }));
    const [beside] = await verify(definitionOf('two', { ipAddress }));
    assert.deepEqual(beside?.ipAddress, { ...ipAddress, dnsNameLabel: undefined });
  });

  it('that a dead run has left is taken up where it is the same, and made again where it is not', async () => {
    azure.runs('estimator-next', definitionOf('two', {
      tags: { 'mlops-besides': 'estimator' },
      ipAddress: { ...definitionOf('two').ipAddress!, dnsNameLabel: 'estimator-next' },
    })); // prettier-ignore
    await verify(definitionOf('two'));
    assert.deepEqual(azure.calls, ['DELETE estimator-next', 'PUT estimator two']);
    azure.calls.length = 0;
    azure.runs('estimator-next', definitionOf('two', { tags: { 'mlops-besides': 'estimator' } }));
    await verify(definitionOf('three'));
    assert.deepEqual(azure.calls.slice(0, 2), ['DELETE estimator-next', 'PUT estimator-next three']);
  });
});
