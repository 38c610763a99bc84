import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { Inputs } from '../../../tasks/DeployACI/inputs';
import { neededRoles } from '../../../tasks/DeployACI/neededRoles';
import { deployInputs } from './deployInputs';

const group = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/estimator';
const registryScope = (host: string) => ({ find: sinon.stub(), called: `the registry ${host}`, command: 'c' });
const onlyIdentity = { find: sinon.stub(), called: 'the resource group rg', command: 'c' };
const within = (path: string) => `/subscriptions/s/resourceGroups/rg/providers/${path}`;

describe('The roles of a deployment', () => {
  const scopes = { registry: registryScope, onlyIdentity };
  const roles = (changes: Partial<Inputs>, registryId?: string) =>
    neededRoles(deployInputs(changes), { registry: 'r.azurecr.io', registryId }, group, scopes);

  const named = (each: { scope: unknown }) => each.scope !== onlyIdentity;

  it('are always those of the container group, assigned on its resource group', () => {
    assert.deepEqual(roles({}).filter(named), [
      {
        role: 'Azure Container Instances Contributor',
        scope: group,
        assignedOn: '/subscriptions/s/resourceGroups/rg',
        actions: [
          'Microsoft.ContainerInstance/containerGroups/read',
          'Microsoft.ContainerInstance/containerGroups/write',
          'Microsoft.ContainerInstance/containerGroups/delete',
          'Microsoft.ContainerInstance/containerGroups/containers/logs/read',
        ],
        purpose: 'to run the container group',
      },
    ]);
  });

  const registry = within('Microsoft.ContainerRegistry/registries/r');
  const cases: Array<[what: string, changes: Partial<Inputs>, registryId: string | undefined, role: unknown]> = [
    [
      'signatures in a registry',
      { trustedKeys: [] },
      registry,
      {
        role: 'Reader',
        scope: registry,
        actions: [
          'Microsoft.ContainerRegistry/registries/read',
          [
            'Microsoft.ContainerRegistry/registries/pull/read',
            'Microsoft.ContainerRegistry/registries/repositories/content/read',
          ],
        ],
        purpose: 'to read the signatures of the image',
      },
    ],
    [
      'an identity by name',
      { registryAuthentication: { kind: 'managedIdentity', identity: 'puller' } },
      undefined,
      {
        role: 'Managed Identity Operator',
        scope: within('Microsoft.ManagedIdentity/userAssignedIdentities/puller'),
        actions: ['Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'],
        purpose: 'to hand it to the container group',
      },
    ],
    [
      'an identity by its id',
      { registryAuthentication: { kind: 'managedIdentity', identity: '/identities/other' } },
      undefined,
      {
        role: 'Managed Identity Operator',
        scope: '/identities/other',
        actions: ['Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'],
        purpose: 'to hand it to the container group',
      },
    ],
    [
      'the admin user of a registry that the record names',
      { registryAuthentication: { kind: 'adminUser' } },
      registry,
      {
        role: 'Contributor',
        scope: registry,
        actions: ['Microsoft.ContainerRegistry/registries/listCredentials/action'],
        purpose: "to read the admin user's password",
      },
    ],
    ['a registry of which no password is read', { registryAuthentication: { kind: 'none' } }, registry, undefined],
    [
      'a subnet',
      { subnet: '/subnets/x' },
      undefined,
      {
        role: 'Network Contributor',
        scope: '/subnets/x',
        actions: ['Microsoft.Network/virtualNetworks/subnets/join/action'],
        purpose: 'to let the container group join it',
      },
    ],
    [
      'a share',
      { certificateShare: 'account/share' },
      undefined,
      {
        role: 'Storage Account Contributor',
        scope: within('Microsoft.Storage/storageAccounts/account'),
        actions: ['Microsoft.Storage/storageAccounts/listKeys/action'],
        purpose: 'to mount the share of certificates',
      },
    ],
    [
      'a workspace of logs',
      { logAnalyticsWorkspace: 'logs' },
      undefined,
      {
        role: 'Log Analytics Contributor',
        scope: within('Microsoft.OperationalInsights/workspaces/logs'),
        actions: ['Microsoft.OperationalInsights/workspaces/sharedKeys/action'],
        purpose: 'to send logs to it',
      },
    ],
  ];
  for (const [kind, isRead] of [
    ['managedIdentity', true],
    ['adminUser', true],
    ['none', false],
  ] as const) {
    it(`are ${isRead ? '' : 'not '}those to read signatures where the registry is signed in to by ${kind}`, () => {
      const found = roles({ trustedKeys: [], registryAuthentication: { kind } }, registry).map(({ role }) => role);
      assert.equal(found.includes('Reader'), isRead);
    });
  }

  for (const [what, changes, registryId, role] of cases) {
    it(`${role ? 'are one more' : 'are no more'} with ${what}`, () => {
      assert.deepEqual(roles(changes, registryId).filter(named).slice(1), role ? [role] : []);
    });
  }

  it('are looked up by name for a registry that only its login server names, and an identity that nothing names', () => {
    const scopeOf = (changes: Partial<Inputs>) =>
      (roles(changes)[1] as unknown as { scope: { called: string } }).scope.called;
    assert.equal(scopeOf({ registryAuthentication: { kind: 'adminUser' } }), 'the registry r.azurecr.io');
    assert.equal(scopeOf({ registryAuthentication: { kind: 'managedIdentity' } }), 'the resource group rg');
  });
});
