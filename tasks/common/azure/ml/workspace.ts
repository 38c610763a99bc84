import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import type { AzureRequest, AzureResponse, AzureSession } from '../http/session';

/**
 * The version of Azure ML's control plane that we speak. The SDK's own default, 2022-10-01, knows neither queue settings
 * nor the upload of code by a temporary SAS.
 */
export const machineLearningApiVersion = '2024-04-01';

/** What Azure ML says of a workspace; as much of it as the tasks use. */
export interface WorkspaceResource {
  readonly id: string;
  readonly location: string;
  readonly workspaceId?: string;
  readonly discoveryUrl?: string;
  readonly mlFlowTrackingUri?: string;
  /** ARM id; null until the workspace was given one. */
  readonly containerRegistry?: string | null;
  readonly storageAccount?: string;
}

/** An Azure Machine Learning workspace, and the ways into its control plane and data planes. */
export class Workspace {
  private resourcePromise?: Promise<WorkspaceResource>;
  private dataPlanePromise?: Promise<string>;

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

  /**
   * The workspace resource, read once.
   * @throws TaskFailure if it does not exist, with the workspaces that do
   */
  resource(): Promise<WorkspaceResource> {
    return (this.resourcePromise ??= this.read().catch((error: unknown) => {
      // What failed once may be there at the next look.
      this.resourcePromise = undefined;
      throw error;
    }));
  }

  /** https URL of MLflow's REST API of this workspace, ending in /api/2.0/mlflow. It is read, never built: private links have hosts of their own. */
  async mlflowUrl(): Promise<string> {
    const { mlFlowTrackingUri } = await this.resource();
    if (!mlFlowTrackingUri) throw new TaskFailure(`The workspace ${this.name} names no MLflow tracking URI.`);
    return `${mlFlowTrackingUri.replace(/^azureml:/i, 'https:').replace(/\/+$/, '')}/api/2.0/mlflow`;
  }

  /**
   * https URL of the data planes (run history, artifacts), without a slash at its end. It is discovered, never built:
   * private links have hosts of their own.
   */
  dataPlaneUrl(): Promise<string> {
    return (this.dataPlanePromise ??= this.discover().catch((error: unknown) => {
      this.dataPlanePromise = undefined;
      throw error;
    }));
  }

  private async discover(): Promise<string> {
    const { discoveryUrl } = await this.resource();
    if (!discoveryUrl) throw new TaskFailure(`The workspace ${this.name} names no discovery URL.`);
    const { body } = await this.session.request<{ api?: string; history?: string }>({
      url: discoveryUrl,
      shape: 'object',
    });
    const url = body.api ?? body.history;
    if (!url) throw new TaskFailure(`The discovery of the workspace ${this.name} names no data plane.`);
    return url.replace(/\/+$/, '');
  }

  private async read(): Promise<WorkspaceResource> {
    try {
      const { body } = await this.session.request<Listed>({
        url: this.id,
        apiVersion: machineLearningApiVersion,
        // The list says it at once.
        isThere: false,
        shape: { id: 'string', properties: 'object' },
      });
      return toResource(body);
    } catch (error) {
      if (!isAzureFailure(error, 404) || error.code === 'ResourceGroupNotFound') throw error;
      const listed = await this.list();
      // Reads are eventually consistent: a workspace that the list has is there.
      const own = listed?.find(({ name }) => name.toLowerCase() === this.name.toLowerCase());
      if (own?.properties) return toResource(own);
      throw new TaskFailure(
        `The workspace "${this.name}" does not exist in the resource group "${this.resourceGroup}".`,
        `Check the inputs workspace and resourceGroup${others(listed)}.`,
        { cause: error },
      );
    }
  }

  /** The workspaces of the resource group; undefined where they cannot be listed. */
  private async list(): Promise<Listed[] | undefined> {
    try {
      const { body } = await this.session.request<{ value: Listed[] }>({
        url: this.id.slice(0, this.id.lastIndexOf('/')),
        apiVersion: machineLearningApiVersion,
        shape: { value: 'list' },
      });
      return body.value;
    } catch {
      return undefined;
    }
  }
}

interface Listed {
  id: string;
  name: string;
  location: string;
  properties: Omit<WorkspaceResource, 'id' | 'location'>;
}

function toResource({ id, location, properties }: Listed): WorkspaceResource {
  return { ...properties, id, location };
}

function others(listed: readonly Listed[] | undefined): string {
  if (!listed) return '';
  const names = listed.slice(0, 10).map(({ name }) => name);
  return names.length > 0 ? `; workspaces there: ${names.join(', ')}` : '; the resource group has no workspace';
}
