import type { AzureSession } from '../http/session';
import { runRequest, type RunRequest } from './runRequest';
import type { ContainerRegistry } from './containerRegistry';
import { tasksApiVersion, toRun, type BuildRun, type RunResource } from './containerRegistryTasks';

/** A run under a name of our own. */
export interface NamedRun {
  /** Which attempt it is of: the forceUpdateTag of its last request. */
  readonly attempt?: string;
  /** Undefined where the service has not made the run yet. */
  readonly run?: BuildRun;
}

/**
 * Runs of a registry as resources, whose names are fixed before they are asked for: asking twice for the same attempt makes one
 * run, and it is found again whatever became of the answer. Source: Microsoft.ContainerRegistry 2019-06-01-preview, TaskRuns.
 */
export class ContainerRegistryTaskRuns {
  constructor(
    private readonly session: AzureSession,
    private readonly registry: Pick<ContainerRegistry, 'id'>,
  ) {}

  async find(name: string, signal: AbortSignal): Promise<NamedRun | undefined> {
    const resource = { ...this.resource(name), accept: [404], shape, signal };
    const { status, body } = await this.session.request<TaskRunResource>(resource);
    return status === 404 ? undefined : toNamedRun(body);
  }

  /** It takes no signal: broken off, it would leave a run whose id nobody knows yet. */
  async put(name: string, attempt: string, request: RunRequest): Promise<NamedRun> {
    const { body } = await this.session.request<TaskRunResource>({
      ...this.resource(name),
      method: 'PUT',
      shape,
      body: { properties: { runRequest: runRequest(request), forceUpdateTag: attempt } },
    });
    return toNamedRun(body);
  }

  /** Deletes the name, and with it the request and its secrets; the run and its log stay. */
  async forget(name: string): Promise<void> {
    await this.session.request({ ...this.resource(name), method: 'DELETE', accept: [404], timeout: 6000 });
  }

  private resource(name: string) {
    return { url: `${this.registry.id}/taskRuns/${encodeURIComponent(name)}`, apiVersion: tasksApiVersion };
  }
}

const shape = { properties: {} };

interface TaskRunResource {
  properties: { forceUpdateTag?: string; runResult?: RunResource | null };
}

function toNamedRun({ properties: { forceUpdateTag, runResult } }: TaskRunResource): NamedRun {
  return { attempt: forceUpdateTag, run: runResult?.properties?.status ? toRun(runResult) : undefined };
}
