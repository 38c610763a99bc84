import type { AzureSession } from '../http/session';

const apiVersion = '2021-04-01';
const type = 'Microsoft.ContainerInstance/containerGroups';

export interface ListedGroup {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The container groups of the subscription that the service connection may see, in whatever resource group: the resource manager's
 * list of all resources leaves out the others, where the provider's own would be refused. Source: azure-rest-api-specs,
 * Microsoft.Resources 2021-04-01, Resources_List.
 */
export async function listContainerGroups(session: AzureSession, signal?: AbortSignal): Promise<ListedGroup[]> {
  interface Page {
    value: Array<{ name: string; tags?: Record<string, string> }>;
    nextLink?: string;
  }
  const found: ListedGroup[] = [];
  const first = {
    url: `/subscriptions/${session.connection.subscriptionId}/resources`,
    apiVersion,
    query: { $filter: `resourceType eq '${type}'` },
  };
  for (let next: { url: string } | undefined = first; next;) {
    const { body }: { body: Page } = await session.request<Page>({ ...next, shape: { value: 'list' }, signal });
    found.push(...body.value.map(({ name, tags = {} }) => ({ name, tags })));
    next = body.nextLink ? { url: body.nextLink } : undefined;
  }
  return found;
}
