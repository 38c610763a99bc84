import { randomUUID } from 'node:crypto';
import type { RoleAssignment } from '../access/roleAssignments';
import { localCloud, type Collection, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';

/** A user-assigned managed identity. */
export interface UserAssignedIdentity {
  name: string;
  resourceGroup: string;
  location: string;
  principalId: string;
  clientId: string;
  tags: Record<string, string>;
}

const acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d';
/** AcrPull, and the roles that include it: AcrPush, Repository Reader, Reader, Contributor, Owner. */
const pullingRoles = [
  acrPull,
  '8311e382-0749-4cb8-b61a-304f252e45ec',
  'b93aa761-3e63-49ed-ac28-beffa264f7ac',
  'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'b24988ac-6180-42a0-ab88-20f7382dd24c',
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
];
const subscription = `/subscriptions/${localCloud.subscriptionId}`;
const roleDefinition = (role: string): string =>
  `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
const registryScope = (group: string, registry: string): string =>
  `${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${registry}`;

export const identityId = (identity: Pick<UserAssignedIdentity, 'name' | 'resourceGroup'>): string =>
  `${subscription}/resourceGroups/${identity.resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity.name}`;

/** As the resource manager shows it. */
export const identityAnswer = (identity: UserAssignedIdentity) => ({
  id: identityId(identity),
  name: identity.name,
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
  location: identity.location,
  tags: identity.tags,
  properties: { tenantId: localCloud.tenantId, principalId: identity.principalId, clientId: identity.clientId },
});

/** The identities of the local cloud and what they may do with its registries. `quick-starts-identity` has AcrPull. */
export class Identities {
  private readonly identities: Collection<UserAssignedIdentity>;
  readonly assignments: Collection<RoleAssignment>;

  constructor(context: LocalAzureContext) {
    this.identities = context.collection<UserAssignedIdentity>('userAssignedIdentities');
    this.assignments = context.collection<RoleAssignment>('roleAssignments');
    context.resources.add({
      list: () => this.list().map(identityAnswer),
      removeGroup: (group) => this.list(group).forEach(({ resourceGroup, name }) => this.delete(resourceGroup, name)),
    });
    const group = localCloud.resourceGroup;
    const name = 'quick-starts-identity';
    if (!this.identities.get(`${group}/${name}`)) {
      const { principalId } = this.create(group, name, localCloud.location, {});
      const scope = registryScope(group, localCloud.registry);
      const assignment = randomUUID();
      this.assignments.put(`${scope}/${assignment}`, {
        name: assignment,
        scope,
        roleDefinitionId: roleDefinition(acrPull),
        principalId,
      });
    }
  }

  create(resourceGroup: string, name: string, location: string, tags: Record<string, string>): UserAssignedIdentity {
    const former = this.identities.get(`${resourceGroup}/${name}`);
    const identity = {
      name: former?.name ?? name,
      resourceGroup,
      location,
      principalId: former?.principalId ?? randomUUID(),
      clientId: former?.clientId ?? randomUUID(),
      tags,
    };
    this.identities.put(`${resourceGroup}/${name}`, identity);
    return identity;
  }

  /** All, or those of a resource group. */
  list(group?: string): UserAssignedIdentity[] {
    const all = this.identities.list().map(({ value }) => value);
    return group === undefined
      ? all
      : all.filter(({ resourceGroup }) => resourceGroup.toLowerCase() === group.toLowerCase());
  }

  has(group: string, name: string): boolean {
    return this.identities.get(`${group}/${name}`) !== undefined;
  }

  /** Throws what the resource manager answers where there is no such identity. */
  get(group: string, name: string): UserAssignedIdentity {
    const found = this.identities.get(`${group}/${name}`);
    if (found) return found;
    throw resourceNotFound('Microsoft.ManagedIdentity/userAssignedIdentities', name, group);
  }

  /** False where there is none. */
  delete(group: string, name: string): boolean {
    return this.identities.delete(`${group}/${name}`);
  }

  /** By ARM id, without regard to case. */
  find(id: string): UserAssignedIdentity | undefined {
    return this.identities.list().find(({ value }) => identityId(value).toLowerCase() === id.toLowerCase())?.value;
  }

  /** Whether the identity has a role on the registry, or on what the registry lies in, that includes pulling. */
  mayPull(identity: UserAssignedIdentity, registry: { name: string; resourceGroup: string }): boolean {
    const scope = registryScope(registry.resourceGroup, registry.name).toLowerCase();
    return this.assignments
      .list()
      .some(
        ({ value }) =>
          value.principalId === identity.principalId &&
          scope.startsWith(value.scope.toLowerCase()) &&
          pullingRoles.some((role) => value.roleDefinitionId.toLowerCase().endsWith(role)),
      );
  }
}
