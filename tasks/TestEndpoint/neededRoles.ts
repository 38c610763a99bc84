import type { NeededRole } from '../common/azure/rights/requireRights';
import { workspaceRole } from '../common/azure/rights/workspaceRights';
import type { ModelRecord } from '../common/record/record';
import { registryReader, registryWriter } from '../common/azure/registry/imageRegistry';
import type { Inputs } from './inputs';
import type { AzureServices } from './services';

/** What the tests, and what may follow them, need of Azure by what the record says. */
export function neededRoles(
  inputs: Pick<
    Inputs,
    'imageConnection' | 'promoteToChampion' | 'rollbackOnFailure' | 'scoringUri' | 'trustedKeys' | 'signingKey'
  >,
  record: ModelRecord,
  { workspaceId }: Pick<AzureServices, 'workspaceId'>,
): NeededRole[] {
  const { deployment, image, model } = record;
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
  const registryId = inputs.imageConnection ? undefined : image?.registryId;
  if (registryId && (inputs.trustedKeys || inputs.signingKey)) {
    roles.push(registryReader(registryId, 'to read the signatures of the image'));
  }
  if (registryId && inputs.signingKey) roles.push(registryWriter(registryId, 'to attach what is signed'));
  return roles;
}
