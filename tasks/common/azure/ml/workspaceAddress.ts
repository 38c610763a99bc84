import type { AzureRequest, AzureResponse, AzureSession } from '../http/session';

/**
 * The version of Azure ML's control plane that we speak. The SDK's own default, 2022-10-01, knows neither queue settings
 * nor the upload of code by a temporary SAS.
 */
export const machineLearningApiVersion = '2024-04-01';

/** Where a workspace is, and requests to it whose bodies go as they are, both ways. */
export class WorkspaceAddress {
  constructor(
    readonly session: AzureSession,
    readonly resourceGroup: string,
    readonly name: string,
  ) {}

  /** ARM id; also the path under the resource manager and in the data planes. */
  get id(): string {
    const { subscriptionId } = this.session.connection;
    return `/subscriptions/${subscriptionId}/resourceGroups/${this.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${this.name}`;
  }

  /** A request under the workspace's own path, e.g. `jobs/x`; an absolute URL is taken as it is. */
  request<T>(request: AzureRequest): Promise<AzureResponse<T>> {
    if (/^https?:/i.test(request.url)) return this.session.request<T>(request);
    return this.session.request<T>({
      apiVersion: machineLearningApiVersion,
      ...request,
      url: `${this.id}/${request.url}`,
    });
  }
}
