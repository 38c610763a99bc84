import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import type { AzureSession } from '../http/session';
import type { Workspace } from '../ml/workspace';

/** The control plane of registries. */
export const registryApiVersion = '2025-11-01';

/** An Azure container registry, as the resource manager describes it. */
export interface ContainerRegistry {
  /** ARM id. */
  readonly id: string;
  readonly name: string;
  /** e.g. quickstartsacr.azurecr.io */
  readonly loginServer: string;
  readonly sku: string;
  /** True where a firewall or private endpoints keep the public network out, in whole or in part. */
  readonly networkRestricted: boolean;
  /** Whether services such as Container Instances pass all that by their managed identity. */
  readonly letsTrustedServicesIn: boolean;
  /** Whether roles are held to single repositories (ABAC): AcrPush and AcrPull then count for nothing. */
  readonly hasRepositoryPermissions: boolean;
}

interface RegistryResource {
  id: string;
  name: string;
  sku?: { name?: string };
  properties: {
    loginServer: string;
    publicNetworkAccess?: string;
    networkRuleSet?: { defaultAction?: string };
    networkRuleBypassOptions?: string;
    roleAssignmentMode?: string;
  };
}

/**
 * The registry that images go to.
 * @param wanted its name, login server or ARM id; left out, the workspace's own registry
 * @throws TaskFailure that names the registries that there are
 */
export async function findContainerRegistry(
  workspace: Workspace,
  wanted: string | undefined,
): Promise<ContainerRegistry> {
  const { session } = workspace;
  if (!wanted) {
    const { containerRegistry } = await workspace.resource();
    if (!containerRegistry) {
      throw new TaskFailure(
        `The workspace ${workspace.name} has no container registry of its own yet.`,
        'Name a registry in the input containerRegistry.',
      );
    }
    return byId(session, containerRegistry, `The registry of the workspace ${workspace.name}`);
  }
  if (wanted.startsWith('/')) return byId(session, wanted, 'Input containerRegistry: the registry');
  const all = await listContainerRegistries(session);
  const found = findByName(all, wanted);
  if (found) return found;
  throw new TaskFailure(
    `Input containerRegistry: the subscription has no registry "${wanted}" that the service connection may see.`,
    all.length > 0
      ? `There are: ${all.map(({ name }) => name).join(', ')}.`
      : 'It sees no registry at all: check its roles.',
  );
}

/** The name of a registry, or its login server, as an input may write it. */
export function nameInAzure(wanted: string): string {
  return wanted
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase();
}

/** @param wanted the name of a registry, or its login server */
export function findByName(all: readonly ContainerRegistry[], wanted: string): ContainerRegistry | undefined {
  const lower = nameInAzure(wanted);
  return all.find(({ name, loginServer }) => [name.toLowerCase(), loginServer.toLowerCase()].includes(lower));
}

async function byId(session: AzureSession, id: string, what: string): Promise<ContainerRegistry> {
  try {
    return await readContainerRegistry(session, id);
  } catch (error) {
    if (!isAzureFailure(error, 404)) throw error;
    throw new TaskFailure(`${what} ${id} does not exist.`, 'Name another one in the input containerRegistry.', {
      cause: error,
    });
  }
}

/** @param id ARM id; of any subscription that the service connection may see */
export async function readContainerRegistry(session: AzureSession, id: string): Promise<ContainerRegistry> {
  const { body } = await session.request<RegistryResource>({
    url: id,
    apiVersion: registryApiVersion,
    shape: { properties: 'object' },
  });
  return toRegistry(body);
}

/** The registries of the subscription that the service connection may see. */
export async function listContainerRegistries(session: AzureSession): Promise<ContainerRegistry[]> {
  interface Page {
    value: RegistryResource[];
    nextLink?: string;
  }
  const found: ContainerRegistry[] = [];
  let url: string | undefined =
    `/subscriptions/${session.connection.subscriptionId}/providers/Microsoft.ContainerRegistry/registries`;
  let apiVersion: string | undefined = registryApiVersion;
  while (url) {
    const { body }: { body: Page } = await session.request<Page>({ url, apiVersion, shape: { value: 'list' } });
    found.push(...body.value.map(toRegistry));
    url = body.nextLink;
    apiVersion = undefined;
  }
  return found;
}

function toRegistry({ id, name, sku, properties }: RegistryResource): ContainerRegistry {
  return {
    id,
    name,
    loginServer: properties.loginServer,
    sku: sku?.name ?? '',
    networkRestricted:
      properties.publicNetworkAccess === 'Disabled' || properties.networkRuleSet?.defaultAction === 'Deny',
    letsTrustedServicesIn: properties.networkRuleBypassOptions === 'AzureServices',
    hasRepositoryPermissions: properties.roleAssignmentMode === 'AbacRepositoryPermissions',
  };
}
