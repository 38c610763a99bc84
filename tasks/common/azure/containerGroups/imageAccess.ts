import { parseImageName } from '../../imageName';
import { isAzureFailure } from '../http/azureFailure';
import { listContainerRegistries, type ContainerRegistry } from '../registry/containerRegistry';
import { RegistryContents } from '../registry/containerRegistryContents';
import type { AzureSession } from '../http/session';
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
  const container = definition.containers[0]!;
  const name = parseImageName(container.image);
  const credential = definition.imageRegistryCredentials?.find(({ server }) => server === name?.registry);
  const principal = credential?.identity ? await principalOf(session, credential.identity, signal) : undefined;
  if (credential?.identity && principal === undefined) {
    return {
      finding: `The identity ${credential.identity} does not exist.`,
      remedy: 'Correct userAssignedIdentity.',
    };
  }
  const registry = (await listContainerRegistries(session)).find(
    ({ loginServer }) => loginServer.toLowerCase() === name?.registry.toLowerCase(),
  );
  if (!name || !registry) return undefined;
  if (registry.networkRestricted && !(principal && registry.letsTrustedServicesIn)) {
    return {
      finding: `The registry ${registry.name} does not let the public network in, from which container instances pull.`,
      remedy: `Let trusted Azure services in (az acr update -n ${registry.name} --allow-trusted-services true; it needs the Premium SKU and a managed identity), or open its firewall.`,
    };
  }
  const identity = `The identity ${credential?.identity?.split('/').pop()}`;
  const roles = principal ? await rolesOf(session, registry, principal, signal) : [];
  const holds = (...known: readonly string[]) => known.some((role) => roles.some((held) => held.endsWith(role)));
  const isAbac = registry.hasRepositoryPermissions;
  if (principal && !holds(...repositoryRoles, ...(isAbac ? [] : registryRoles))) {
    const role = isAbac ? 'Container Registry Repository Reader' : 'AcrPull';
    const why = isAbac ? '; it has ABAC repository permissions, for which AcrPull counts for nothing' : '';
    return {
      finding: `${identity} has no role on the registry ${registry.name} that lets it pull${why}.`,
      remedy: `Give it the role ${role}: az role assignment create --assignee ${principal} --role "${role}" --scope ${registry.id}. It takes some minutes until Azure knows of it.`,
    };
  }
  const contents = new RegistryContents(session, registry.loginServer, { kind: 'entra' });
  const found = await contents.digest(name.repository, name.digest ?? name.tag ?? 'latest', signal);
  if (found && principal) {
    return {
      finding: `${identity} has a role on the registry ${registry.name} that lets it pull.`,
      remedy: 'If its role is new, wait some minutes until Azure knows of it.',
    };
  }
  if (found) return undefined;
  return {
    finding: `The registry ${registry.name} has no image ${name.repository} with ${name.digest ?? `the tag ${name.tag ?? 'latest'}`}.`,
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
