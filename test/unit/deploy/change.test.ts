import assert from 'node:assert/strict';
import { differences, notUpdatable } from '../../../tasks/common/deployment/definitionChange';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { definitionOf } from './fakeContainerInstances';

describe('The differences of two container groups', () => {
  it('are none where Azure only fills in its defaults, and writes ids in its own way', () => {
    const wanted = definitionOf('one', { subnetIds: [{ id: '/subscriptions/S/subnets/a' }] });
    const { sku: _sku, priority: _priority, ...rest } = wanted;
    const current = {
      ...rest,
      location: 'East US',
      subnetIds: [{ id: '/subscriptions/s/subnets/A', name: 'A' }],
      zones: [],
      provisioningState: 'Succeeded',
      ipAddress: { ...wanted.ipAddress!, ip: '10.0.0.4', fqdn: 'estimator.eastus.azurecontainer.io' },
    };
    assert.deepEqual(differences(current, wanted), []);
  });

  for (const [what, current, wanted] of [
    ['cpu of the container scoring', definitionOf('one'), definitionOf('one', {}, 2)],
    ['restart policy', definitionOf('one'), definitionOf('one', { restartPolicy: 'Never' })],
    ['operating system', definitionOf('one'), definitionOf('one', { osType: 'Windows' })],
    ['subnets', definitionOf('one'), definitionOf('one', { subnetIds: [{ id: '/s' }] })],
    ['location', definitionOf('one'), definitionOf('one', { location: 'westus' })],
  ] as const) {
    it(`need a deletion for ${what}`, () => {
      const found = differences(current, wanted);
      assert.deepEqual(
        found.map((each) => [each.what, each.needsDeletion]),
        [[what, true]],
      );
    });
  }

  it('tell a secret variable only by its name', () => {
    const wanted = definitionOf('one');
    wanted.containers[0]!.environmentVariables = [{ name: 'LEVEL', secureValue: 'hidden' }];
    const [found] = differences(definitionOf('one'), wanted);
    assert.deepEqual(found, {
      what: 'environment variable LEVEL of the container scoring',
      from: '"info"',
      to: 'secret',
      needsDeletion: false,
    });
  });

  const whole = (changes: Partial<ContainerGroup> = {}): ContainerGroup => ({
    ...definitionOf('one'),
    zones: ['2', '1'],
    identity: { type: 'UserAssigned', userAssignedIdentities: { '/Identities/B': {}, '/identities/a': {} } },
    diagnostics: { logAnalytics: { workspaceId: 'guid', workspaceKey: 'key' } },
    confidentialComputeProperties: { ccePolicy: 'policy' },
    imageRegistryCredentials: [
      { server: 'r', identity: '/Identities/A' },
      { server: 's', username: 'u', password: 'p' },
    ],
    volumes: [
      { name: 'a', azureFile: { shareName: 'share', storageAccountName: 'account' } },
      { name: 'b', secret: { file: 'x' } },
      { name: 'c', gitRepo: { repository: 'https://git' } },
      { name: 'd', emptyDir: {} },
    ],
    ...changes,
  });

  it('are told setting by setting, each from what it was to what it is to be', () => {
    const told = differences(definitionOf('one'), {
      ...whole(),
      location: 'West US',
      restartPolicy: 'Never',
      sku: 'Confidential',
      priority: 'Spot',
      subnetIds: [{ id: '/Subnets/B' }, { id: '/subnets/a' }],
      ipAddress: { type: 'Private', ports: [{ port: 2 }, { port: 1 }] },
    });
    assert.deepEqual(
      told.map(({ what, from, to, needsDeletion }) => [what, from, to, needsDeletion]),
      [
        ['location', 'eastus', 'westus', true],
        ['restart policy', 'Always', 'Never', true],
        ['SKU', 'Standard', 'Confidential', true],
        ['priority', 'Regular', 'Spot', true],
        ['network', 'Public', 'Private', true],
        ['exposed ports', '5001', '1, 2', false],
        ['DNS name label', 'estimator', 'not there', false],
        ['reuse scope of the DNS name label', 'Unsecure', 'not there', false],
        ['zones', 'not there', '1, 2', true],
        ['confidential policy', 'not there', 'policy', true],
        ['subnets', 'not there', '/subnets/a, /subnets/b', true],
        ['identities', 'not there', '/identities/a, /identities/b', false],
        ['Log Analytics workspace', 'not there', 'guid', false],
        ['access to the registry r', 'not there', '/identities/a', false],
        ['access to the registry s', 'not there', 'user u', false],
        ['volume a', 'not there', 'share share of the storage account account', false],
        ['volume b', 'not there', 'secret', false],
        ['volume c', 'not there', 'https://git', false],
        ['volume d', 'not there', 'empty', false],
      ],
    );
  });

  it('of a container are told with its name', () => {
    const [container] = definitionOf('one').containers;
    const wanted = {
      ...definitionOf('one'),
      containers: [
        {
          ...container!,
          image: 'two',
          command: ['python', 'x y'],
          ports: [{ port: 2 }, { port: 1 }],
          volumeMounts: [{ name: 'a', mountPath: '/data' }],
          resources: { requests: { cpu: 2, memoryInGB: 3 } },
          livenessProbe: { httpGet: { path: '/live', port: 1 }, initialDelaySeconds: 7, periodSeconds: 30, failureThreshold: 6, timeoutSeconds: 10 }, // prettier-ignore
          readinessProbe: undefined,
        },
      ],
    };
    const of = 'of the container scoring';
    assert.deepEqual(
      differences(definitionOf('one'), wanted).map(({ what, from, to, needsDeletion }) => [
        what,
        from,
        to,
        needsDeletion,
      ]),
      [
        [`cpu ${of}`, '1', '2', true],
        [`memory ${of}`, '1.5 GB', '3 GB', true],
        [`image ${of}`, 'one', 'two', false],
        [`ports ${of}`, '5001', '1, 2', false],
        [`readiness probe ${of}`, 'GET /health at port 5001 every 5 s, after 0 s, for undefined s, undefined times', 'not there', false], // prettier-ignore
        [`command ${of}`, 'not there', '["python","x y"]', false],
        [`volumes ${of}`, 'not there', 'a at /data', false],
        [`liveness probe ${of}`, 'not there', 'GET /live at port 1 every 30 s, after 7 s, for 10 s, 6 times', false],
      ],
    );
  });

  it('are none between a group and itself as Azure writes it, in another order and case', () => {
    const asAzure = whole({
      zones: ['1', '2'],
      identity: { type: 'UserAssigned', userAssignedIdentities: { '/IDENTITIES/A': {}, '/identities/b': {} } },
      restartPolicy: undefined,
      sku: undefined,
      priority: undefined,
    });
    asAzure.ipAddress!.autoGeneratedDomainNameLabelScope = undefined;
    assert.deepEqual(differences(asAzure, whole()), []);
    assert.deepEqual(differences(whole({ subnetIds: undefined }), whole({ subnetIds: [] })), []);
  });

  it('are told of a group that somebody made with less', () => {
    const bare = JSON.parse('{"osType":"Linux","containers":[{"name":"scoring","image":"one"}]}') as ContainerGroup;
    const told = differences(bare, definitionOf('one')).map(({ what, from }) => [what, from]);
    assert.deepEqual(told.slice(0, 2), [
      ['cpu of the container scoring', 'undefined'],
      ['memory of the container scoring', 'undefined GB'],
    ]);
    assert.ok(told.some(([what, from]) => what === 'location' && from === 'not there'));
  });

  for (const name of ['my location', 'zones of it', 'cpu', 'the memory of it', 'network policy', 'image of cpu']) {
    it(`need no deletion for "${name}", which only sounds like one`, () => {
      const wanted = definitionOf('one', { volumes: [{ name, emptyDir: {} }] });
      assert.deepEqual(
        differences(definitionOf('one'), wanted).map((each) => each.needsDeletion),
        [false],
      );
    });
  }
});

describe('Whether a group can be updated', () => {
  const why = (provisioningState?: string, state?: string) =>
    notUpdatable({ ...definitionOf('one'), provisioningState, instanceView: state ? { state } : undefined });
  for (const state of ['Succeeded', 'Failed', 'Stopped', 'Terminated']) {
    it(`is no where it is ${state}`, () => assert.equal(why('Succeeded', state), `it is ${state.toLowerCase()}`));
  }
  it('is no where its last deployment failed', () => {
    assert.equal(why('Failed', 'Running'), 'its last deployment failed');
  });
  it('is yes where it runs, or is being brought up', () => {
    for (const state of ['Running', 'Pending', undefined]) assert.equal(why('Succeeded', state), undefined);
  });
});
