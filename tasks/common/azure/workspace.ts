import type { AzureMachineLearningWorkspaces, Workspace as WorkspaceResource } from '@azure/arm-machinelearning';
import { TaskFailure } from '../taskFailure';
import { azureFailure, isAzureFailure } from './azureFailure';
import type { AzureRequest, AzureResponse, AzureSession } from './session';

/**
 * The version of Azure ML's control plane that we speak. The SDK's own default, 2022-10-01, knows neither queue settings
 * nor the upload of code by a temporary SAS.
 */
export const machineLearningApiVersion = '2024-04-01';

/** An Azure Machine Learning workspace, and the ways into its control plane and data planes. */
export class Workspace {
  private sdkPromise?: Promise<AzureMachineLearningWorkspaces>;
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

  /** The typed client. It silently drops request properties that it does not know: send those by `request`. */
  sdk(): Promise<AzureMachineLearningWorkspaces> {
    return (this.sdkPromise ??= (async () => {
      const [{ AzureMachineLearningWorkspaces: Client }, credential] = await Promise.all([
        import('@azure/arm-machinelearning'),
        this.session.credential(),
      ]);
      const { session } = this;
      return new Client(
        credential,
        session.connection.subscriptionId,
        session.clientOptions(machineLearningApiVersion),
      );
    })());
  }

  /**
   * Calls the typed client and turns what it throws into an AzureFailure.
   * @param asked what was asked, for the message, e.g. "the model cost-estimator"
   */
  async call<T>(asked: string, operation: (sdk: AzureMachineLearningWorkspaces) => Promise<T>): Promise<T> {
    try {
      return await operation(await this.sdk());
    } catch (error) {
      throw azureFailure(error, asked);
    }
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
    return (this.resourcePromise ??= this.read());
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
    return (this.dataPlanePromise ??= (async () => {
      const { discoveryUrl } = await this.resource();
      if (!discoveryUrl) throw new TaskFailure(`The workspace ${this.name} names no discovery URL.`);
      const { body } = await this.session.request<{ api?: string; history?: string }>({ url: discoveryUrl });
      const url = body.api ?? body.history;
      if (!url) throw new TaskFailure(`The discovery of the workspace ${this.name} names no data plane.`);
      return url.replace(/\/+$/, '');
    })());
  }

  private async read(): Promise<WorkspaceResource> {
    try {
      return await this.call(`the workspace ${this.name}`, (sdk) => sdk.workspaces.get(this.resourceGroup, this.name));
    } catch (error) {
      if (!isAzureFailure(error, 404) || error.code === 'ResourceGroupNotFound') throw error;
      throw new TaskFailure(
        `The workspace "${this.name}" does not exist in the resource group "${this.resourceGroup}".`,
        `Check the inputs workspace and resourceGroup${await this.others()}.`,
        { cause: error },
      );
    }
  }

  private async others(): Promise<string> {
    try {
      const names: string[] = [];
      for await (const each of (await this.sdk()).workspaces.listByResourceGroup(this.resourceGroup)) {
        names.push(each.name ?? '');
        if (names.length === 10) break;
      }
      return names.length > 0 ? `; workspaces there: ${names.join(', ')}` : '; the resource group has no workspace';
    } catch {
      return '';
    }
  }
}
