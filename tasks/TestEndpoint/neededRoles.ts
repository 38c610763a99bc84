import type { NamedScope, NeededRole } from '../common/azure/rights/neededRole';
import { workspaceRole } from '../common/azure/rights/workspaceRights';
import type { ContainerGroup } from '../common/azure/containerGroups/containerGroups';
import { parseImageName } from '../common/imageName';
import type { ModelRecord } from '../common/record/record';
import { registryReader, registryWriter } from '../common/azure/registry/imageRegistry';
import type { Inputs } from './inputs';
import type { AzureServices } from './services';

/**
 * What the tests, and what may follow them, need of Azure's resource manager by what the record says.
 * @param previous what a roll-back would bring back
 */
export function neededRoles(
  inputs: Pick<
    Inputs,
    'imageConnection' | 'promoteToChampion' | 'rollbackOnFailure' | 'scoringUri' | 'trustedKeys' | 'signingKey'
  >,
  record: ModelRecord,
  { workspaceId, registryScope }: Pick<AzureServices, 'workspaceId' | 'registryScope'>,
  previous: ContainerGroup | undefined,
): NeededRole[] {
  const { deployment, model } = record;
  const roles: NeededRole[] = [];
  if (deployment && (inputs.rollbackOnFailure || !inputs.scoringUri)) {
    const groups = 'Microsoft.ContainerInstance/containerGroups';
    const scope = deployment.containerGroupId;
    roles.push(
      inputs.rollbackOnFailure
        ? {
            role: 'Azure Container Instances Contributor',
            scope,
            assignedOn: scope.split('/').slice(0, 5).join('/'),
            actions: ['read', 'write', 'delete'].map((right) => `${groups}/${right}`),
            purpose: 'to restore what ran before',
          }
        : { role: 'Reader', scope, actions: [`${groups}/read`], purpose: "to see that it runs the record's image" },
    );
  }
  if (inputs.promoteToChampion && model) {
    const id = workspaceId(model.workspace.resourceGroup, model.workspace.name);
    roles.push(workspaceRole({ id }, ['models/versions/read', 'models/versions/write'], 'to tag the champion'));
  }
  if (previous) roles.push(...restoringRoles(previous));
  const registry = inputs.imageConnection ? undefined : registryOf(record, registryScope);
  // The signature comes after the tests: a deployment that fails them is rolled back first.
  const canWait = inputs.rollbackOnFailure;
  if (registry && (inputs.trustedKeys || inputs.signingKey)) {
    const reader = registryReader(registry, 'to read the signatures of the image');
    roles.push(inputs.trustedKeys ? reader : { ...reader, canWait });
  }
  if (registry && inputs.signingKey) roles.push({ ...registryWriter(registry, 'to attach what is signed'), canWait });
  return roles;
}

/** Of the image that is deployed, which need not be the record's. */
function registryOf(
  { deployment, image }: ModelRecord,
  registryScope: (host: string) => NamedScope,
): NeededRole['scope'] | undefined {
  const host = deployment && parseImageName(deployment.image)?.registry;
  return host && host !== image?.registry ? registryScope(host) : image?.registryId;
}

/** A group takes an identity, or joins a subnet, by who may hand it over. */
function restoringRoles({ identity, subnetIds = [] }: ContainerGroup): NeededRole[] {
  const purpose = 'to restore what ran before';
  const operator = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
  const join = 'Microsoft.Network/virtualNetworks/subnets/join/action';
  return [
    ...Object.keys(identity?.userAssignedIdentities ?? {}).map((scope) => ({
      ...{ role: 'Managed Identity Operator', scope, actions: [operator], purpose },
    })),
    ...subnetIds.map(({ id }) => ({ role: 'Network Contributor', scope: id, actions: [join], purpose })),
  ];
}
