import { randomUUID } from 'node:crypto';
import { isAzureFailure } from '../http/azureFailure';
import { BlobTransfer } from '../storage/blobTransfer';
import { runRequest, type RunRequest } from './runRequest';
import type { ContainerRegistry } from './containerRegistry';
import type { AzureSession } from '../http/session';

/** ACR Tasks: the last version that every cloud has. */
export const tasksApiVersion = '2019-06-01-preview';

/**
 * The version that lets a run push as whoever started it, which a registry with repository permissions demands. Source:
 * azure-cli, test_acr_abac_build.yaml.
 */
const callerApiVersion = '2025-03-01-preview';

export type BuildRunStatus =
  'Queued' | 'Started' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled' | 'Error' | 'Timeout';

export interface BuildRun {
  readonly runId: string;
  readonly status: BuildRunStatus;
  /** What the service says of a run that it could not bring to an end. */
  readonly runErrorMessage?: string;
  readonly outputImages: ReadonlyArray<{ registry?: string; repository?: string; tag?: string; digest?: string }>;
}

/** The states after which a run changes no more. */
export const endedStatuses: readonly BuildRunStatus[] = ['Succeeded', 'Failed', 'Canceled', 'Error', 'Timeout'];

/** Quick builds of a registry: ACR Tasks. Source: Microsoft.ContainerRegistry 2019-06-01-preview, containerregistry_build.json. */
export class ContainerRegistryTasks {
  private readonly blobs: BlobTransfer;

  constructor(
    private readonly session: AzureSession,
    private readonly registry: Pick<ContainerRegistry, 'id' | 'hasRepositoryPermissions'>,
  ) {
    this.blobs = new BlobTransfer(session);
  }

  /**
   * Uploads a tar.gz while it is being made.
   * @param onProgress called with the bytes sent so far
   * @returns its place, for schedule
   */
  async uploadContext(
    context: AsyncIterable<Buffer>,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void,
  ): Promise<{ sourceLocation: string; bytes: number }> {
    const { body } = await this.session.request<{ uploadUrl: string; relativePath: string }>({
      method: 'POST',
      url: `${this.registry.id}/listBuildSourceUploadUrl`,
      apiVersion: tasksApiVersion,
      // It only gives a place to upload to.
      repeatable: true,
      shape: { uploadUrl: 'string', relativePath: 'string' },
      // The service makes the blob's name of this id: two uploads that share one overwrite each other.
      headers: { 'x-ms-correlation-request-id': randomUUID() },
      signal,
    });
    const bytes = await this.blobs.uploadStream(body.uploadUrl, context, signal, onProgress);
    return { sourceLocation: body.relativePath, bytes };
  }

  /**
   * For who may not make task runs (ContainerRegistryTaskRuns), which have names: asked for twice, it builds twice.
   * It takes no signal: broken off, it would leave a run that nobody knows by its id, and nobody cancels.
   */
  async schedule(request: RunRequest): Promise<BuildRun> {
    const asCaller = this.registry.hasRepositoryPermissions;
    const { body } = await this.session.request<RunResource>({
      method: 'POST',
      url: `${this.registry.id}/scheduleRun`,
      apiVersion: asCaller ? callerApiVersion : tasksApiVersion,
      shape: { properties: { status: 'string' } },
      body: runRequest(request, asCaller),
    });
    return toRun(body);
  }

  /**
   * The runs that began since then and have not ended. Nothing in a run says what it builds, so they may be anybody's.
   * @param since milliseconds since the epoch
   */
  async openRunsSince(since: number, signal: AbortSignal): Promise<string[]> {
    const { body } = await this.session.request<{ value?: RunResource[] }>({
      url: `${this.registry.id}/runs`,
      apiVersion: tasksApiVersion,
      query: { $top: '50' },
      signal,
    });
    return (body.value ?? [])
      .filter(({ properties }) => Date.parse(properties.createTime ?? '') >= since)
      .map(toRun)
      .filter(({ status }) => !endedStatuses.includes(status))
      .map(({ runId }) => runId);
  }

  async run(runId: string, signal: AbortSignal): Promise<BuildRun> {
    const { body } = await this.session.request<RunResource>({
      url: `${this.registry.id}/runs/${encodeURIComponent(runId)}`,
      apiVersion: tasksApiVersion,
      shape: { properties: { status: 'string' } },
      signal,
    });
    return toRun(body);
  }

  /** Asks to stop the run. It has no signal: it is sent because the signal was aborted. */
  async cancel(runId: string): Promise<void> {
    await this.session.request({
      method: 'POST',
      url: `${this.registry.id}/runs/${encodeURIComponent(runId)}/cancel`,
      apiVersion: tasksApiVersion,
      repeatable: true,
      timeout: 6000,
    });
  }

  log(runId: string): BuildLog {
    return new BuildLog(this.blobs, async (signal) => {
      const { body } = await this.session.request<{ logLink: string }>({
        method: 'POST',
        url: `${this.registry.id}/runs/${encodeURIComponent(runId)}/listLogSasUrl`,
        apiVersion: tasksApiVersion,
        repeatable: true,
        shape: { logLink: 'string' },
        signal,
      });
      return body.logLink;
    });
  }
}

/** A log that grows: an append blob, whose metadata says when it is complete. */
export class BuildLog {
  private offset = 0;
  private url: string | undefined;
  /** True once everything that will ever be written has been read. */
  complete = false;

  constructor(
    private readonly blobs: Pick<BlobTransfer, 'readRange'>,
    /** Gives the log's URL, with its permission. */
    private readonly findUrl: (signal: AbortSignal) => Promise<string>,
  ) {}

  /** The next piece of what was written since the last call; empty where nothing was, or where the run has not yet begun to write. */
  async read(signal: AbortSignal): Promise<Buffer> {
    const isNew = this.url === undefined;
    this.url ??= await this.findUrl(signal);
    try {
      return await this.readFrom(this.url, signal);
    } catch (error) {
      // The permission in the URL may have ended before the build has.
      if (isNew || !isAzureFailure(error, 403)) throw error;
      this.url = await this.findUrl(signal);
      return this.readFrom(this.url, signal);
    }
  }

  private async readFrom(url: string, signal: AbortSignal): Promise<Buffer> {
    const range = await this.blobs.readRange(url, this.offset, 1024 * 1024, signal);
    if (!range) return Buffer.alloc(0);
    this.offset += range.bytes.length;
    // The blob's end and its completeness are told by one answer: a Complete that came with less than all is not the end.
    this.complete = range.metadata.complete !== undefined && this.offset >= range.blobSize;
    return range.bytes;
  }
}

/** A run, as the service tells it. */
export interface RunResource {
  name: string;
  properties: {
    runId?: string;
    status: BuildRunStatus;
    createTime?: string;
    runErrorMessage?: string;
    outputImages?: Array<{ registry?: string; repository?: string; tag?: string; digest?: string }> | null;
  };
}

export function toRun({ name, properties }: RunResource): BuildRun {
  return {
    runId: properties.runId ?? name,
    status: properties.status,
    runErrorMessage: properties.runErrorMessage || undefined,
    outputImages: properties.outputImages ?? [],
  };
}
