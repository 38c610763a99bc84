import { parseImageName, type ImageName } from '../../imageName';
import { isAzureFailure } from '../http/azureFailure';
import { listContainerRegistries, type ContainerRegistry } from '../registry/containerRegistry';
import { RegistryContents } from '../registry/containerRegistryContents';
import type { AzureSession } from '../http/session';
import { azCommand } from '../rights/azCommand';
import { assignment } from '../rights/neededRole';
import type { ContainerGroup } from './containerGroups';
import { identityApiVersion } from './userAssignedIdentity';

/** Why a group cannot pull an image: a finding, and what to do about it. */
export interface Finding {
  readonly finding: string;
  readonly remedy: string;
}

/**
 * Roles that include pulling, wherever they are honoured.
 * Source: built-in roles, learn.microsoft.com/azure/role-based-access-control/built-in-roles.
 */
const repositoryRoles = [
  'b93aa761-3e63-49ed-ac28-beffa264f7ac', // Container Registry Repository Reader
  '2a1e307c-b015-4ebd-883e-5b7698a07328', // Container Registry Repository Writer
  '2efddaa5-3f1f-4df3-97df-af3f13818f4c', // Container Registry Repository Contributor
];
/**
 * Those that a registry with ABAC repository permissions does not honour. Source: "Azure attribute-based access control (Azure ABAC) repository permissions in Azure Container Registry".
 */
const registryRoles = [
  '7f951dda-4ed3-4680-a7ca-43fe172d538d', // AcrPull
  '8311e382-0749-4cb8-b61a-304f252e45ec', // AcrPush
  'acdd72a7-3385-48ef-bd42-f606fba81ae7', // Reader
  'b24988ac-6180-42a0-ab88-20f7382dd24c', // Contributor
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', // Owner
];

/**
 * Container Instances say of every image that they cannot pull the same: "not accessible". This tells apart an identity
 * that does not exist, a registry that lets nobody in from outside, an image that is not there and a role that is missing.
 * @returns undefined where nothing was found, or may be read by the service connection
 */
export async function whyNotAccessible(
  session: AzureSession,
  definition: ContainerGroup,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const name = parseImageName(definition.containers[0]!.image);
  const credentials = definition.imageRegistryCredentials ?? [];
  const identity = credentials.find(({ server }) => server === name?.registry)?.identity;
  const principal = identity && (await principalOf(session, identity, signal));
  if (identity && !principal) {
    return { finding: `The identity ${identity} does not exist.`, remedy: 'Correct userAssignedIdentity.' };
  }
  const registry = name && (await registryAt(session, name.registry));
  return registry && whyNotFrom(session, registry, name, { identity, principal }, signal);
}

/** As `whyNotAccessible`, of a registry of the subscription; an identity where the group pulls by one. */
async function whyNotFrom(
  session: AzureSession,
  registry: ContainerRegistry,
  name: ImageName,
  { identity, principal }: { readonly identity?: string; readonly principal?: string },
  signal: AbortSignal,
): Promise<Finding | undefined> {
  if (registry.networkRestricted && !(principal && registry.letsTrustedServicesIn)) return closed(registry);
  const puller = `The identity ${identity?.split('/').pop()}`;
  const missing =
    principal && missingRole(registry, puller, principal, await rolesOf(session, registry, principal, signal));
  if (missing) return missing;
  const contents = new RegistryContents(session, registry.loginServer, { kind: 'entra' });
  const found = await contents.digest(name.repository, name.digest ?? name.tag ?? 'latest', signal);
  if (!found) return noSuchImage(registry, name);
  return principal ? mayPull(registry, puller) : undefined;
}

async function registryAt(session: AzureSession, host: string): Promise<ContainerRegistry | undefined> {
  const all = await listContainerRegistries(session);
  return all.find(({ loginServer }) => loginServer.toLowerCase() === host.toLowerCase());
}

function mayPull(registry: ContainerRegistry, puller: string): Finding {
  return {
    finding: `${puller} has a role on the registry ${registry.name} that lets it pull.`,
    remedy: 'If its role is new, wait a few minutes until it comes into effect.',
  };
}

function closed({ name }: ContainerRegistry): Finding {
  const command = azCommand`acr update -n ${name} --allow-trusted-services true`;
  return {
    finding: `The registry ${name} does not let the public network in, from which container instances pull.`,
    remedy: `Let trusted Azure services in (${command ? `${command}; ` : ''}it needs the Premium SKU and a managed identity), or open its firewall.`,
  };
}

/** @param held ids of the definitions of the roles that the identity has there */
function missingRole(
  { id, name, hasRepositoryPermissions: isAbac }: ContainerRegistry,
  puller: string,
  principal: string,
  held: readonly string[],
): Finding | undefined {
  const enough = [...repositoryRoles, ...(isAbac ? [] : registryRoles)];
  if (enough.some((role) => held.some((each) => each.endsWith(role)))) return undefined;
  const role = isAbac ? 'Container Registry Repository Reader' : 'AcrPull';
  const why = isAbac ? '; it has ABAC repository permissions, for which AcrPull counts for nothing' : '';
  const command = assignment({ id: principal }, role, id);
  return {
    finding: `${puller} has no role on the registry ${name} that lets it pull${why}.`,
    remedy: `Give it the role ${role}${command ? `: ${command}` : ''}. A new role takes a few minutes to come into effect.`,
  };
}

function noSuchImage({ name }: ContainerRegistry, { repository, digest, tag = 'latest' }: ImageName): Finding {
  return {
    finding: `The registry ${name} has no image ${repository} with ${digest ?? `the tag ${tag}`}.`,
    remedy: 'Run Package-Image again, or correct the input image.',
  };
}

/** @returns undefined where the identity does not exist */
async function principalOf(session: AzureSession, identity: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await session.request<{ properties: { principalId: string } }>({
      url: identity,
      apiVersion: identityApiVersion,
      shape: { properties: { principalId: 'string' } },
      signal,
    });
    return body.properties.principalId;
  } catch (error) {
    if (isAzureFailure(error, 404)) return undefined;
    throw error;
  }
}

/** The ids of the definitions of the roles that reach the registry. */
async function rolesOf(
  session: AzureSession,
  registry: ContainerRegistry,
  principal: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { body } = await session.request<{ value: Array<{ properties: { roleDefinitionId: string } }> }>({
    url: `${registry.id}/providers/Microsoft.Authorization/roleAssignments`,
    apiVersion: '2022-04-01',
    query: { $filter: `assignedTo('${principal}')` },
    shape: { value: 'list' },
    signal,
  });
  return body.value.map(({ properties }) => properties.roleDefinitionId);
}
