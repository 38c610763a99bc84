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

  it('have a fingerprint that holds for them alone, and differs each time', () => {
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
