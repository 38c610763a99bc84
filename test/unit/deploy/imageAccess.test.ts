import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { whyNotAccessible } from '../../../tasks/common/azure/containerGroups/imageAccess';
import { RegistryContents } from '../../../tasks/common/azure/registry/containerRegistryContents';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';

const registryId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';
const identity = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller';
const definition = {
  containers: [{ name: 'scoring', image: 'r.azurecr.io/estimator:1' }],
  imageRegistryCredentials: [{ server: 'r.azurecr.io', identity }],
} as unknown as ContainerGroup;

describe('why a group may not pull its image', () => {
  afterEach(() => sinon.restore());

  /** @param role the id of the definition of the identity's only role */
  function ask(role?: string, roleAssignmentMode = 'LegacyRegistryPermissions') {
    sinon.restore();
    sinon.stub(RegistryContents.prototype, 'digest').resolves('sha256:1');
    const answers: Array<[RegExp, unknown]> = [
      [/userAssignedIdentities/, { properties: { principalId: 'principal' } }],
      [
        /roleAssignments$/,
        { value: role ? [{ properties: { roleDefinitionId: `/any/roleDefinitions/${role}` } }] : [] },
      ],
      [
        /registries$/,
        { value: [{ id: registryId, name: 'r', properties: { loginServer: 'r.azurecr.io', roleAssignmentMode } }] },
      ],
    ];
    const request = ({ url }: AzureRequest) =>
      Promise.resolve({ body: answers.find(([pattern]) => pattern.test(url))![1] });
    const session = { request, connection: { subscriptionId: 's' } } as unknown as AzureSession;
    return whyNotAccessible(session, definition, new AbortController().signal);
  }

  it('is a role that is missing', async () => {
    const found = await ask();
    assert.match(found!.finding, /The identity puller has no role on the registry r that lets it pull/);
    assert.match(found!.remedy, /Give it the role AcrPull:/);
  });

  for (const [name, role] of [
    ['AcrPull', '7f951dda-4ed3-4680-a7ca-43fe172d538d'],
    ['Owner', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'],
  ] as const) {
    it(`is that a registry with ABAC repository permissions does not honour ${name}`, async () => {
      const found = await ask(role, 'AbacRepositoryPermissions');
      assert.match(found!.finding, /no role .* that lets it pull; it has ABAC repository permissions/);
      assert.match(found!.remedy, /Give it the role Container Registry Repository Reader:/);
      assert.match((await ask(role))!.remedy, /If its role is new, wait/);
    });
  }

  for (const [name, role] of [
    ['Reader', 'b93aa761-3e63-49ed-ac28-beffa264f7ac'],
    ['Writer', '2a1e307c-b015-4ebd-883e-5b7698a07328'],
    ['Contributor', '2efddaa5-3f1f-4df3-97df-af3f13818f4c'],
  ] as const) {
    it(`is none where the identity is Container Registry Repository ${name}, but that this is new`, async () => {
      assert.match((await ask(role, 'AbacRepositoryPermissions'))!.remedy, /If its role is new, wait/);
    });
  }
});
