import { Secret } from '../../secret';
import type { AzureSession } from '../http/session';

const apiVersion = '2022-10-01';
const keysApiVersion = '2020-08-01';

/** Where containers send their logs. */
export interface LogAnalyticsWorkspace {
  /** The workspace's own GUID, not its ARM id. */
  readonly workspaceId: string;
  readonly workspaceKey: Secret;
}

/** @param wanted the workspace's name in the resource group, or its ARM id */
export async function logAnalyticsWorkspace(
  session: AzureSession,
  resourceGroup: string,
  wanted: string,
  signal: AbortSignal,
): Promise<LogAnalyticsWorkspace> {
  const url = wanted.startsWith('/')
    ? wanted
    : `/subscriptions/${session.connection.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/${wanted}`;
  const [{ body }, keys] = await Promise.all([
    session.request<{ properties: { customerId: string } }>({
      url,
      apiVersion,
      shape: { properties: { customerId: 'string' } },
      signal,
    }),
    session.request<{ primarySharedKey: string }>({
      method: 'POST',
      url: `${url}/sharedKeys`,
      apiVersion: keysApiVersion,
      repeatable: true,
      shape: { primarySharedKey: 'string' },
      signal,
    }),
  ]);
  return { workspaceId: body.properties.customerId, workspaceKey: new Secret(keys.body.primarySharedKey) };
}
