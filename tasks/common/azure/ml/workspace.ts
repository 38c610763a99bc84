import type { Workspace as Listed } from '@azure/arm-machinelearning';
import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import {
  askMachineLearning,
  firstOf,
  type Asking,
  type MachineLearningSdk,
  type OperationOptions,
} from './machineLearningSdk';
import { WorkspaceAddress } from './workspaceAddress';

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

/** What an operation of the SDK begins with: the resource group and the workspace. */
type Place = readonly [resourceGroup: string, workspace: string];

type Operation<T> = (sdk: MachineLearningSdk, place: Place, options: OperationOptions) => Promise<T>;

/** The SDK's operations on the versions of one kind of asset; as much of them as a listing takes. */
interface Versions<T> {
  list(...asked: [...Place, name: string, options: NewestFirst]): AsyncIterable<T>;
}

type NewestFirst = OperationOptions & { readonly orderBy: string; readonly top: number };

/** An Azure Machine Learning workspace, and the ways into its control plane and data planes. */
export class Workspace extends WorkspaceAddress {
  private resourcePromise?: Promise<WorkspaceResource>;
  private dataPlanePromise?: Promise<string>;

  /** Reads, lists or begins something in the workspace by the SDK. */
  ask<T>(operation: Operation<T>, asking?: Asking): Promise<T> {
    const place = [this.resourceGroup, this.name] as const;
    return askMachineLearning(this.session, (sdk, options) => operation(sdk, place, options), asking);
  }

  /**
   * As `ask`, of what may not be there.
   * @param asking.isThere whether it is known to be there all the same
   */
  find<T>(operation: Operation<T>, asking?: Asking): Promise<T | undefined> {
    return this.ask(operation, { ...asking, isThere: asking?.isThere ?? false }).catch((error: unknown) => {
      if (isAzureFailure(error, 404)) return undefined;
      throw error;
    });
  }

  /**
   * The versions of a registered asset that are not archived, newest first.
   * @param versions which kind of asset, e.g. `({ modelVersions }) => modelVersions`
   * @param top how many at the most; in one request where the service allows
   * @returns an empty list where nothing of that name is registered
   */
  async newestVersions<T>(
    versions: (sdk: MachineLearningSdk) => Versions<T>,
    name: string,
    top: number,
    asking?: Asking,
  ): Promise<T[]> {
    const newest = { orderBy: 'createdtime desc', top };
    const found = await this.find(
      (sdk, place, options) => firstOf(versions(sdk).list(...place, name, { ...options, ...newest }), top),
      { shape: { value: 'list' }, ...asking },
    );
    return found ?? [];
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
      const found = await this.ask(({ workspaces }, place, options) => workspaces.get(...place, options), {
        // The list says it at once.
        isThere: false,
        shape: { id: 'string', properties: 'object' },
      });
      return this.toResource(found);
    } catch (error) {
      if (!isAzureFailure(error, 404) || error.code === 'ResourceGroupNotFound') throw error;
      const listed = await this.list();
      // Reads are eventually consistent: a workspace that the list has is there.
      const own = listed?.find(({ name }) => name?.toLowerCase() === this.name.toLowerCase());
      if (own) return this.toResource(own);
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
      return await this.ask(
        ({ workspaces }, [group], options) => firstOf(workspaces.listByResourceGroup(group, options)),
        { shape: { value: 'list' } },
      );
    } catch {
      return undefined;
    }
  }

  private toResource({ id = this.id, location = '', ...rest }: Listed): WorkspaceResource {
    const { workspaceId, discoveryUrl, mlFlowTrackingUri, containerRegistry, storageAccount } = rest;
    return { id, location, workspaceId, discoveryUrl, mlFlowTrackingUri, containerRegistry, storageAccount };
  }
}

function others(listed: readonly Listed[] | undefined): string {
  if (!listed) return '';
  const names = listed.slice(0, 10).map(({ name }) => name);
  return names.length > 0 ? `; workspaces there: ${names.join(', ')}` : '; the resource group has no workspace';
}
