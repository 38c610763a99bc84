import { TaskFailure } from '../../taskFailure';
import type { AzureSession } from '../http/session';
import { azCommand } from '../rights/azCommand';
import type { NamedScope } from '../rights/neededRole';

export const identityApiVersion = '2023-01-31';

/** ARM ids of the user-assigned identities of a resource group, asked for once; a question that failed is asked again. */
export function identitiesOf(
  session: AzureSession,
  resourceGroup: string,
): (signal: AbortSignal) => Promise<readonly string[]> {
  let known: readonly string[] | undefined;
  return async (signal) => {
    if (known) return known;
    const { body } = await session.request<{ value: Array<{ id: string }> }>({
      url: `${provider(session, resourceGroup)}/userAssignedIdentities`,
      apiVersion: identityApiVersion,
      shape: { value: 'list' },
      signal,
    });
    return (known = body.value.map(({ id }) => id));
  };
}

/**
 * The identity that pulls images where none is named: the only one of the resource group. Where it shows none, whether there is
 * one can be told by who may read the group's identities.
 */
export function onlyIdentity(
  session: AzureSession,
  resourceGroup: string,
  identities: ReturnType<typeof identitiesOf>,
): NamedScope {
  const group = provider(session, resourceGroup).split('/').slice(0, 5).join('/');
  return {
    called: `the resource group ${resourceGroup}`,
    command: azCommand`group show --subscription "${session.connection.subscriptionId}" --name "${resourceGroup}" --query id --output tsv`,
    find: async (signal) => {
      const found = await identities(signal);
      return found.length === 0 ? group : found.length === 1 ? found[0] : undefined;
    },
  };
}

/**
 * The ARM id of the identity that pulls images.
 * @param wanted its name in the resource group, or its ARM id; left out, the only one that the resource group has
 * @throws TaskFailure if none is wanted and the resource group has none or several
 */
export async function resolveIdentity(
  session: AzureSession,
  resourceGroup: string,
  wanted: string | undefined,
  identities: ReturnType<typeof identitiesOf>,
  signal: AbortSignal,
): Promise<string> {
  if (wanted?.startsWith('/')) return wanted;
  if (wanted) return `${provider(session, resourceGroup)}/userAssignedIdentities/${wanted}`;
  const found = await identities(signal);
  if (found.length === 1) return found[0]!;
  const names = found.map((id) => id.slice(id.lastIndexOf('/') + 1));
  throw new TaskFailure(
    names.length === 0
      ? `The group pulls its image as a user-assigned identity, and the resource group ${resourceGroup} has none that the service connection may see.`
      : `The resource group ${resourceGroup} has ${names.length} user-assigned identities: ${names.join(', ')}.`,
    names.length === 0
      ? 'Create one (az identity create), give it the role AcrPull on the registry and name it in userAssignedIdentity; or choose another registryAuthentication.'
      : 'Name the one that may pull the image in userAssignedIdentity.',
  );
}

function provider({ connection }: AzureSession, resourceGroup: string): string {
  return `/subscriptions/${connection.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity`;
}
