import type { ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { azureFailure, isAzureFailure, AzureFailure } from '../http/azureFailure';
import { noPollAtOnce } from '../http/policies/noPollAtOnce';
import { withTraits, type RequestTraits } from '../http/requestTraits';
import type { AzureSession } from '../http/session';
import { messageOf } from '../../messageOf';

export type {
  Container,
  ContainerGroup,
  ContainerProbe,
  ContainerState,
  EnvironmentVariable,
  Event as ContainerEvent,
  ImageRegistryCredential,
  IpAddress,
  Volume,
} from '@azure/arm-containerinstance';

const apiVersion = '2023-05-01';

/** Milliseconds for one try: Azure answers in a few seconds, and a deployment may have no more than a minute. */
const requestLimit = 30_000;

/** An accepted PUT that Azure still works on. */
export interface Provisioning {
  /**
   * What Azure says went wrong, where the group came to the state Failed.
   * @returns undefined while the operation runs, has succeeded or gives no reason
   */
  failure(signal?: AbortSignal): Promise<AzureFailure | undefined>;
}

/** Any JSON passes through the SDK, and nothing too: what is not a group is asked for again. */
function traitsOfRequest({ method, url }: PipelineRequest): RequestTraits {
  const isGroup = method === 'GET' && /\/containerGroups\/[^/?]+(\?|$)/i.test(url);
  return isGroup ? { shape: { properties: { containers: 'list' } } } : {};
}

/** Resources of one resource group, by the version 2023-05-01 of Microsoft.ContainerInstance that the SDK speaks. */
export class ContainerGroups {
  private sdkPromise?: Promise<ContainerInstanceManagementClient>;

  constructor(
    readonly session: AzureSession,
    readonly resourceGroup: string,
  ) {}

  /** ARM id of the group of this name. */
  id(name: string): string {
    const { subscriptionId } = this.session.connection;
    return `/subscriptions/${subscriptionId}/resourceGroups/${this.resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups/${name}`;
  }

  /** The group with its instance view; undefined where there is none. Azure never gives back a secure value. */
  async find(name: string, signal?: AbortSignal): Promise<ContainerGroup | undefined> {
    try {
      return await this.call(`the container group ${name}`, signal, (sdk, options) =>
        sdk.containerGroups.get(this.resourceGroup, name, options),
      );
    } catch (error) {
      if (isAzureFailure(error, 404) && error.code !== 'ResourceGroupNotFound') return undefined;
      throw error;
    }
  }

  /** Sends the definition and comes back as soon as Azure has accepted it. What is read-only in it is left out. */
  async put(name: string, definition: ContainerGroup, signal?: AbortSignal): Promise<Provisioning> {
    const asked = `the container group ${name}`;
    let reported: AzureFailure | undefined;
    const poller = await this.call(asked, signal, async (sdk, options) => {
      try {
        return await sdk.containerGroups.beginCreateOrUpdate(this.resourceGroup, name, definition, options);
      } catch (error) {
        reported = operationFailure(error, asked);
        if (!reported) throw error;
        return undefined;
      }
    });
    return {
      failure: async () => {
        if (reported || !poller || poller.isDone()) return reported;
        try {
          await poller.poll({ abortSignal: signal });
        } catch (error) {
          reported = operationFailure(error, asked);
        }
        return reported;
      },
    };
  }

  /** Changes what needs no restart. */
  async tag(name: string, tags: Record<string, string>, signal?: AbortSignal): Promise<void> {
    await this.call(`the tags of the container group ${name}`, signal, (sdk, options) =>
      sdk.containerGroups.update(this.resourceGroup, name, { tags }, options),
    );
  }

  /** Starts the containers of a running group again, without any change; comes back as soon as Azure has accepted it. */
  async restart(name: string, signal?: AbortSignal): Promise<void> {
    // A second restart does no more than the first.
    const url = `${this.id(name)}/restart`;
    await this.session.request({ method: 'POST', url, apiVersion, repeatable: true, signal });
  }

  /** Sends the deletion and comes back as soon as Azure has accepted it; a group that is not there is no error. */
  async remove(name: string, signal?: AbortSignal): Promise<void> {
    await this.session.request({
      method: 'DELETE',
      url: this.id(name),
      apiVersion,
      accept: [404],
      signal,
    });
  }

  /**
   * The last lines that a container wrote. A container that Azure has no log of, or not yet, has none.
   * @param tail how many lines
   */
  async log(name: string, container: string, tail: number, signal?: AbortSignal): Promise<string[]> {
    try {
      const { content } = await this.call(`the log of the container ${container}`, signal, (sdk, options) =>
        sdk.containers.listLogs(this.resourceGroup, name, container, { ...options, tail }),
      );
      return (content ?? '').replace(/\n$/, '').split('\n').filter(Boolean);
    } catch (error) {
      if (isAzureFailure(error, 400, 404, 409)) return [];
      throw error;
    }
  }

  /** Where the resource group lies. */
  async resourceGroupLocation(signal?: AbortSignal): Promise<string> {
    const { subscriptionId } = this.session.connection;
    const { body } = await this.session.request<{ location: string }>({
      url: `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(this.resourceGroup)}`,
      apiVersion: '2021-04-01',
      shape: { location: 'string' },
      signal,
    });
    return body.location;
  }

  /** The typed client, for what stands beside groups: capabilities and usage of a region. */
  async call<T>(
    asked: string,
    signal: AbortSignal | undefined,
    operation: (sdk: ContainerInstanceManagementClient, options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await operation(await this.sdk(), { abortSignal: signal });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw azureFailure(error, asked);
    }
  }

  private sdk(): Promise<ContainerInstanceManagementClient> {
    return (this.sdkPromise ??= (async () => {
      const [{ ContainerInstanceManagementClient: Client }, { createHttpHeaders }, credential] = await Promise.all([
        import('@azure/arm-containerinstance'),
        import('@azure/core-rest-pipeline'),
        this.session.credential(),
      ]);
      const { connection } = this.session;
      // Whoever deploys waits for other operations itself, up to its own deadline.
      const { httpClient, ...options } = this.session.clientOptions({ limit: requestLimit, waitsForOthers: false });
      return new Client(credential, connection.subscriptionId, {
        ...options,
        httpClient: withTraits(httpClient, traitsOfRequest),
        additionalPolicies: [{ policy: noPollAtOnce(createHttpHeaders), position: 'perRetry' }],
      });
    })());
  }
}

/** core-lro tells the failure of an operation in a plain sentence: "The long-running operation has failed. <code>. <message>". */
function operationFailure(error: unknown, asked: string): AzureFailure | undefined {
  const told = /^The long-running operation has failed(?:\. (\w+)\. ([\s\S]*))?/.exec(messageOf(error) ?? '');
  if (!told) return undefined;
  const [, code = 'OperationFailed', message = ''] = told;
  return new AzureFailure(
    `Azure could not provide ${asked}: ${code} ${message}`,
    undefined,
    undefined,
    code,
    message,
    error,
  );
}
