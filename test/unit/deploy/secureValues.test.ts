import assert from 'node:assert/strict';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { fingerprint, hasFingerprint, withSecureValues } from '../../../tasks/common/deployment/secureValues';
import { definitionOf } from './fakeContainerInstances';

function withSecrets(value: string): ContainerGroup {
  const definition = definitionOf('one', {
    imageRegistryCredentials: [{ server: 'r.io', username: 'u', password: `p-${value}` }],
    diagnostics: { logAnalytics: { workspaceId: 'w', workspaceKey: `k-${value}` } },
    volumes: [
      {
        name: 'files',
        azureFile: { storageAccountName: 'store', shareName: 'share', storageAccountKey: `s-${value}` },
      },
    ],
  });
  definition.containers[0]!.environmentVariables = [
    { name: 'EMPTY', value: '' },
    { name: 'SECRET', secureValue: value },
  ];
  return definition;
}

/** As Azure gives it back. */
function withoutSecrets(): ContainerGroup {
  const group = withSecrets('x');
  delete group.containers[0]!.environmentVariables![1]!.secureValue;
  delete group.imageRegistryCredentials![0]!.password;
  delete group.volumes![0]!.azureFile!.storageAccountKey;
  delete (group.diagnostics!.logAnalytics as { workspaceKey?: string }).workspaceKey;
  return group;
}

describe('Secure values', () => {
  it('are put back into a definition that Azure gave without them', () => {
    const { definition, missing } = withSecureValues(withoutSecrets(), withSecrets('x'));
    assert.deepEqual(missing, []);
    assert.deepEqual(definition, withSecrets('x'));
  });

  it('are named where nobody knows them', () => {
    const { missing } = withSecureValues(withoutSecrets(), definitionOf('one'));
    assert.deepEqual(missing, [
      'the environment variable SECRET of the container scoring',
      'the password for the registry r.io',
      'the key of the Log Analytics workspace w',
      'the key of the storage account store',
    ]);
  });

  it('have a fingerprint that holds only for them, and differs each time', () => {
    const print = fingerprint(withSecrets('x'))!;
    assert.notEqual(print, fingerprint(withSecrets('x')));
    assert.ok(print.length <= 256, 'fits a tag');
    assert.ok(!print.includes('p-x'));
    assert.ok(hasFingerprint(withSecrets('x'), print));
    assert.ok(!hasFingerprint(withSecrets('y'), print));
    assert.ok(!hasFingerprint(withSecrets('x'), undefined));
    assert.ok(!hasFingerprint(definitionOf('one'), print));
    assert.ok(hasFingerprint(definitionOf('one'), undefined));
  });
});

describe('Secure values of several', () => {
  const two = (a: string, b: string): ContainerGroup => ({
    ...definitionOf('one'),
    containers: ['scoring', 'gateway'].map((name, index) => ({
      ...definitionOf('one').containers[0]!,
      name,
      environmentVariables: [{ name: 'SECRET', secureValue: index === 0 ? a : b }],
    })),
    imageRegistryCredentials: [
      { server: 'r.io', username: 'u', password: `${a}-r` },
      { server: 'r.io', username: 'v', password: `${b}-r` },
      { server: 's.io', username: 'u', password: `${b}-s` },
      { server: 'i.io', identity: '/identities/puller' },
    ],
    volumes: [
      { name: 'a', azureFile: { storageAccountName: 'one', shareName: 'x', storageAccountKey: `${a}-1` } },
      { name: 'b', azureFile: { storageAccountName: 'two', shareName: 'x', storageAccountKey: `${b}-2` } },
      { name: 'c', emptyDir: {} },
    ],
  });
  const asAzure = (group: ContainerGroup) =>
    JSON.parse(
      JSON.stringify(group, (key, value: unknown) =>
        ['secureValue', 'password', 'storageAccountKey', 'workspaceKey'].includes(key) ? undefined : value,
      ),
    ) as ContainerGroup;

  it('go each to the container, user and account whose they are', () => {
    const complete = two('a', 'b');
    const shuffled = {
      ...complete,
      containers: [...complete.containers].reverse(),
      imageRegistryCredentials: [...complete.imageRegistryCredentials!].reverse(),
      volumes: [...complete.volumes!].reverse(),
    };
    const { definition, missing } = withSecureValues(asAzure(complete), shuffled);
    assert.deepEqual(missing, []);
    assert.deepEqual(JSON.parse(JSON.stringify(definition)), JSON.parse(JSON.stringify(complete)));
  });

  it('are missing where another user, account or workspace is known, and where files are secret', () => {
    const wanted = {
      ...definitionOf('one'),
      imageRegistryCredentials: [{ server: 'r.io', username: 'w' }],
      volumes: [
        { name: 'a', azureFile: { storageAccountName: 'three', shareName: 'x' } },
        { name: 'b', secret: { file: 'x' } },
      ],
      diagnostics: { logAnalytics: { workspaceId: 'other', workspaceKey: '' } },
    };
    const known = { ...two('a', 'b'), diagnostics: { logAnalytics: { workspaceId: 'w', workspaceKey: 'k' } } };
    assert.deepEqual(withSecureValues(wanted, known).missing, [
      'the password for the registry r.io',
      'the key of the Log Analytics workspace other',
      'the key of the storage account three',
      'the files of the secret volume b',
    ]);
  });

  it('need nothing of a group without any', () => {
    const bare = { ...definitionOf('one'), containers: [{ ...definitionOf('one').containers[0]!, environmentVariables: undefined }] }; // prettier-ignore
    assert.deepEqual(withSecureValues(bare, two('a', 'b')).missing, []);
    assert.equal(fingerprint(bare), undefined);
  });

  it('give another fingerprint each, and the same in another order', () => {
    const salt = Buffer.alloc(16, 1);
    const whole = (): ContainerGroup => ({
      ...two('a', 'b'),
      diagnostics: { logAnalytics: { workspaceId: 'w', workspaceKey: 'k' } },
    });
    const base = fingerprint(whole(), salt);
    const shuffled = {
      ...whole(),
      containers: [...whole().containers].reverse(),
      volumes: [...whole().volumes!].reverse(),
    };
    assert.equal(fingerprint(shuffled, salt), base);
    const changes: Array<(group: ContainerGroup) => void> = [
      (group) => (group.containers[1]!.environmentVariables![0]!.secureValue = 'c'),
      (group) => (group.imageRegistryCredentials![0]!.password = 'c'),
      (group) => (group.volumes![1]!.azureFile!.storageAccountKey = 'c'),
      (group) => (group.diagnostics!.logAnalytics!.workspaceKey = 'c'),
      (group) => (group.imageRegistryCredentials![0]!.server = 'c'),
      (group) => (group.volumes![1]!.azureFile!.storageAccountName = 'c'),
    ];
    const seen = new Set([base]);
    for (const change of changes) {
      const changed = whole();
      change(changed);
      seen.add(fingerprint(changed, salt));
    }
    assert.equal(seen.size, changes.length + 1);
    // Two places of one value each are not one place of both.
    assert.notEqual(fingerprint(two('a', 'b'), salt), fingerprint(two('b', 'a'), salt));
  });

  it('are recognised only by a whole fingerprint', () => {
    const stored = fingerprint(two('a', 'b'))!;
    assert.equal(hasFingerprint(two('a', 'b'), stored), true);
    for (const other of [`x${stored}`, `${stored}!`, 'scrypt.x', stored.slice(0, -1), undefined]) {
      assert.equal(hasFingerprint(two('a', 'b'), other), false, String(other));
    }
    assert.equal(hasFingerprint(definitionOf('one'), stored), false);
    assert.equal(hasFingerprint(definitionOf('one'), undefined), true);
  });
});
