import type { NamedScope, NeededRole } from '../common/azure/rights/neededRole';
import { registryReader } from '../common/azure/registry/imageRegistry';
import type { Inputs } from './inputs';
import type { Release } from './release';

/** What the inputs do not name by its ARM id. */
export interface Scopes {
  /** By its host. */
  registry(host: string): NamedScope;
  /** The identity that pulls images where none is named. */
  readonly onlyIdentity: NamedScope;
}

/** What a deployment by these inputs needs of Azure's resource manager. */
export function neededRoles(
  inputs: Inputs,
  release: Pick<Release, 'registry' | 'registryId'>,
  containerGroupId: string,
  scopes: Scopes,
): NeededRole[] {
  const { registryAuthentication: by, certificateShare, logAnalyticsWorkspace, subnet } = inputs;
  const beneath = (provider: string, name: string): string =>
    name.startsWith('/')
      ? name
      : `/subscriptions/${inputs.connection.subscriptionId}/resourceGroups/${inputs.resourceGroup}/providers/${provider}/${name}`;
  const registry = release.registryId ?? scopes.registry(release.registry);
  const roles: NeededRole[] = [];
  const need = (role: string, scope: NeededRole['scope'], purpose: string, ...actions: string[]): void =>
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
  if (by.kind === 'managedIdentity') {
    const provider = 'Microsoft.ManagedIdentity/userAssignedIdentities';
    const scope = by.identity ? beneath(provider, by.identity) : scopes.onlyIdentity;
    const actions = by.identity ? [`${provider}/assign/action`] : [`${provider}/read`, `${provider}/assign/action`];
    need('Managed Identity Operator', scope, 'to hand it to the container group', ...actions);
  }
  if (by.kind === 'adminUser') {
    const action = 'Microsoft.ContainerRegistry/registries/listCredentials/action';
    need('Contributor', registry, "to read the admin user's password", action);
  }
  if (inputs.trustedKeys && (by.kind === 'managedIdentity' || by.kind === 'adminUser')) {
    roles.push(registryReader(registry, 'to read the signatures of the image'));
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
