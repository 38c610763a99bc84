import { randomUUID } from 'node:crypto';
import type { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { ContainerClient } from '@azure/storage-blob';
import { localCloud } from '../../local/azure/context';
import type { LocalAzure } from '../../local/azure/index';
import { machineLearningClient } from './azure';

const { subscriptionId, resourceGroup, workspace } = localCloud;
export const workspaceId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}`;

export interface RunDetails {
  status: string;
  logFiles: Record<string, string>;
  error: { error: { code: string; message: string } } | null;
  warnings: Array<{ message: string }>;
}

/** What a test does with the workspace of the local cloud, through the SDK's own pipeline. */
export class MlWorkspace {
  readonly client: AzureMachineLearningWorkspaces;

  constructor(readonly azure: LocalAzure) {
    this.client = machineLearningClient(azure);
  }

  /** Any call with the client's credential and retries; path from the root of the local cloud. */
  async call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) {
    const response = await this.client.sendRequest(
      createPipelineRequest({
        url: `${this.azure.url}${path}`,
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: createHttpHeaders({ 'content-type': 'application/json' }),
      }),
    );
    return {
      status: response.status,
      headers: response.headers,
      body: (response.bodyAsText ? JSON.parse(response.bodyAsText) : undefined) as never,
    };
  }

  /** A path in the resource manager beneath the workspace, with the api-version of the tasks. */
  arm(path: string): string {
    return `${workspaceId}${path}${path.includes('?') ? '&' : '?'}api-version=2024-04-01`;
  }

  /** Uploads a snapshot of files (name to text) and registers it. Returns the id of the code. */
  async code(files: Record<string, string>): Promise<string> {
    const name = randomUUID();
    const pending = (await this.call('POST', this.arm(`/codes/${name}/versions/1/startPendingUpload`), {
      pendingUploadType: 'TemporaryBlobReference',
    })) as { body: { blobReferenceForConsumption: { blobUri: string; credential: { sasUri: string } } } };
    const { blobUri, credential } = pending.body.blobReferenceForConsumption;
    const container = new ContainerClient(credential.sasUri);
    for (const [file, text] of Object.entries(files)) {
      await container.getBlockBlobClient(`src/${file}`).upload(text, Buffer.byteLength(text));
    }
    await this.client.codeVersions.createOrUpdate(resourceGroup, workspace, name, '1', {
      properties: { codeUri: `${blobUri}/src` },
    });
    return `${workspaceId}/codes/${name}/versions/1`;
  }

  /** An environment of a base image, with a conda file if one is given. Returns its id. */
  async environment(condaFile?: string): Promise<string> {
    const name = `env-${randomUUID()}`;
    await this.client.environmentVersions.createOrUpdate(resourceGroup, workspace, name, '1', {
      properties: { image: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest', condaFile },
    });
    return `${workspaceId}/environments/${name}/versions/1`;
  }

  /** Makes a command job. Returns its name. */
  async submit(properties: Record<string, unknown>): Promise<string> {
    const name = `job-${randomUUID()}`;
    await this.call('PUT', this.arm(`/jobs/${name}`), {
      properties: {
        jobType: 'Command',
        experimentName: 'tests',
        computeId: `${workspaceId}/computes/${localCloud.compute}`,
        ...properties,
      },
    }).then(({ status, body }) => {
      if (status !== 201) throw new Error(JSON.stringify(body));
    });
    return name;
  }

  /** Asks the job to end; does not wait for it. */
  async cancel(job: string): Promise<void> {
    const { status } = await this.call('POST', this.arm(`/jobs/${job}/cancel`));
    if (status !== 202) throw new Error(`The cancellation of ${job} was answered by ${status}`);
  }

  async details(job: string): Promise<RunDetails> {
    return (await this.call('GET', `/history/v1.0${workspaceId}/runs/${job}/details`)).body;
  }

  /** Polls until the job's status is one of these; hands back all that were seen on the way. */
  async until(job: string, ...states: string[]): Promise<{ details: RunDetails; seen: string[] }> {
    const seen: string[] = [];
    for (;;) {
      const details = await this.details(job);
      if (seen.at(-1) !== details.status) seen.push(details.status);
      if (states.includes(details.status)) return { details, seen };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  untilEnd(job: string) {
    return this.until(job, 'Completed', 'Failed', 'Canceled', 'NotResponding', 'Paused');
  }
}

/** What stands at a URL with a SAS. */
export async function readText(url: string | undefined): Promise<string> {
  const response = await fetch(url ?? '');
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.text();
}
