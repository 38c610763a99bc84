import type { NeededRole } from '../common/azure/rights/requireRights';
import { registryReader } from '../common/azure/registry/imageRegistry';
import type { Inputs } from './inputs';
import type { Release } from './release';

/** What a deployment by these inputs needs, as far as the inputs name it. */
export function neededRoles(
  inputs: Inputs,
  { registryId }: Pick<Release, 'registryId'>,
  containerGroupId: string,
): NeededRole[] {
  const { registryAuthentication: by, certificateShare, logAnalyticsWorkspace, subnet } = inputs;
  const beneath = (provider: string, name: string): string =>
    name.startsWith('/')
      ? name
      : `/subscriptions/${inputs.connection.subscriptionId}/resourceGroups/${inputs.resourceGroup}/providers/${provider}/${name}`;
  const roles: NeededRole[] = [];
  const need = (role: string, scope: string, purpose: string, ...actions: string[]): void =>
    void roles.push({ role, scope, actions, purpose });

  const groups = 'Microsoft.ContainerInstance/containerGroups';
  const rights = ['read', 'write', 'delete', 'containers/logs/read'].map((right) => `${groups}/${right}`);
  roles.push({
    role: 'Azure Container Instances Contributor',
    scope: containerGroupId,
    assignedOn: containerGroupId.split('/').slice(0, 5).join('/'),
    actions: rights,
    purpose: 'to run the container group',
  });
  if (by.kind === 'managedIdentity' && by.identity) {
    const provider = 'Microsoft.ManagedIdentity/userAssignedIdentities';
    const scope = beneath(provider, by.identity);
    need('Managed Identity Operator', scope, 'to hand it to the container group', `${provider}/assign/action`);
  }
  if (by.kind === 'adminUser' && registryId) {
    const action = 'Microsoft.ContainerRegistry/registries/listCredentials/action';
    need('Contributor', registryId, "to read the admin user's password", action);
  }
  if (inputs.trustedKeys && registryId && (by.kind === 'managedIdentity' || by.kind === 'adminUser')) {
    roles.push(registryReader(registryId, 'to read the signatures of the image'));
  }
  if (subnet?.startsWith('/')) {
    const action = 'Microsoft.Network/virtualNetworks/subnets/join/action';
    need('Network Contributor', subnet, 'to let the container group join it', action);
  }
  if (certificateShare) {
    const scope = beneath('Microsoft.Storage/storageAccounts', certificateShare.split('/')[0]!);
    const action = 'Microsoft.Storage/storageAccounts/listKeys/action';
    need('Storage Account Contributor', scope, 'to mount the share of certificates', action);
  }
  if (logAnalyticsWorkspace) {
    const provider = 'Microsoft.OperationalInsights/workspaces';
    const scope = beneath(provider, logAnalyticsWorkspace);
    need('Log Analytics Contributor', scope, 'to send logs to it', `${provider}/sharedKeys/action`);
  }
  return roles;
}
