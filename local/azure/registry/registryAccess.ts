import { localCloud, type LocalAzureContext } from '../context';
import type { RegistryAccount } from './registryAccounts';
import type { Access } from './registryTokens';

/** The control plane's action that stands behind an action of the registry's own. Source: container-registry-rbac-built-in-roles. */
const behind: Record<string, string> = {
  pull: 'pull/read',
  metadata_read: 'pull/read',
  push: 'push/write',
  metadata_write: 'push/write',
  delete: 'artifacts/delete',
};

/** What is left of the scopes that a principal asked for: a registry grants of them what its roles allow, and refuses none. */
export function grantedScopes(
  { access }: Pick<LocalAzureContext, 'access'>,
  registry: Pick<RegistryAccount, 'name' | 'resourceGroup'>,
  asked: Access[],
): Access[] {
  const scope = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${registry.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry.name}`;
  const allows = (action: string): boolean =>
    access.allows(`Microsoft.ContainerRegistry/registries/${behind[action] ?? 'pull/read'}`, scope);
  return asked.map((each) => ({ ...each, actions: each.actions.filter(allows) }));
}
