import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { RoleAssignment } from '../access/roleAssignments';
import type { ResourceCatalog } from '../arm/resourceCatalog';
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

type Params = { group: string; identity: string };

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

/** The identities of the local cloud and what they may do with its registries. `quick-starts-identity` has AcrPull. */
export class Identities {
  readonly identities: Collection<UserAssignedIdentity>;
  readonly assignments: Collection<RoleAssignment>;

  constructor(context: LocalAzureContext) {
    this.identities = context.collection<UserAssignedIdentity>('userAssignedIdentities');
    this.assignments = context.collection<RoleAssignment>('roleAssignments');
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

/** Microsoft.ManagedIdentity (2023-01-31). */
export function registerIdentities(app: FastifyInstance, identities: Identities, resources: ResourceCatalog): void {
  const base =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ManagedIdentity/userAssignedIdentities';
  const answer = (identity: UserAssignedIdentity) => ({
    id: identityId(identity),
    name: identity.name,
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location: identity.location,
    tags: identity.tags,
    properties: { tenantId: localCloud.tenantId, principalId: identity.principalId, clientId: identity.clientId },
  });
  const all = () => identities.identities.list().map((entry) => entry.value);
  resources.add({
    list: () => all().map(answer),
    removeGroup: (group) => {
      for (const { resourceGroup, name } of all()) {
        if (resourceGroup.toLowerCase() === group.toLowerCase())
          identities.identities.delete(`${resourceGroup}/${name}`);
      }
    },
  });
  app.get('/subscriptions/:subscription/providers/Microsoft.ManagedIdentity/userAssignedIdentities', async () => ({
    value: all().map(answer),
  }));
  app.get<{ Params: Params }>(base, async ({ params }) => ({
    value: identities.identities
      .list()
      .map((entry) => entry.value)
      .filter((identity) => identity.resourceGroup.toLowerCase() === params.group.toLowerCase())
      .map(answer),
  }));
  app.get<{ Params: Params }>(`${base}/:identity`, async ({ params }) => {
    const identity = identities.identities.get(`${params.group}/${params.identity}`);
    if (identity) return answer(identity);
    throw resourceNotFound('Microsoft.ManagedIdentity/userAssignedIdentities', params.identity, params.group);
  });
  app.put<{ Params: Params; Body: { location?: string; tags?: Record<string, string> } | undefined }>(
    `${base}/:identity`,
    async ({ params, body }, reply) => {
      const isNew = !identities.identities.get(`${params.group}/${params.identity}`);
      const location = body?.location ?? localCloud.location;
      const identity = identities.create(params.group, params.identity, location, body?.tags ?? {});
      return reply.code(isNew ? 201 : 200).send(answer(identity));
    },
  );
  app.delete<{ Params: Params }>(`${base}/:identity`, async ({ params }, reply) => {
    const known = identities.identities.delete(`${params.group}/${params.identity}`);
    return reply.code(known ? 200 : 204).send();
  });
}
