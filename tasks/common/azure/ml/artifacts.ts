import * as path from 'node:path';
import { BlobTransfer } from '../storage/blobTransfer';
import { systemClock, type Clock } from '../../clock';
import { AzureFailure, isAzureFailure } from '../http/azureFailure';
import { believedAbsence } from '../http/believedAbsence';
import type { AzureRequest } from '../http/session';
import { TaskFailure } from '../../taskFailure';
import type { Workspace } from './workspace';

/** A file that a job left in its run's artifacts, e.g. under outputs/ or user_logs/. */
export interface Artifact {
  /** With slashes, e.g. outputs/model/model.pkl */
  readonly path: string;
  /** A URL that carries its own permission. It is a secret: never log it. */
  readonly url: string;
}

interface Page {
  value?: Array<{ path: string; contentUri: string }>;
  continuationToken?: string | null;
}

/** The artifacts of jobs. Source: azure-rest-api-specs, Microsoft.MachineLearningServices data-plane, artifact.json. */
export class Artifacts {
  private readonly transfer: BlobTransfer;

  constructor(
    private readonly workspace: Workspace,
    transfer?: BlobTransfer,
    private readonly clock: Pick<Clock, 'sleep'> = systemClock,
  ) {
    this.transfer = transfer ?? new BlobTransfer(workspace.session);
  }

  /**
   * The artifacts of a job whose path starts with the prefix, by path; all of them where it is empty.
   * @returns an empty list where the job left none, undefined where the service knows of no artifacts of that job
   */
  async list(jobName: string, prefix: string, signal?: AbortSignal): Promise<Artifact[] | undefined> {
    const url = `${await this.runUrl(jobName)}/prefix/contentinfo`;
    const found: Artifact[] = [];
    let continuationToken: string | undefined;
    do {
      const query = { path: prefix, continuationToken };
      const page = await this.look<Page>({ url, query, shape: 'object', signal });
      if (!page) return undefined;
      for (const { path: name, contentUri } of page.value ?? []) found.push({ path: name, url: contentUri });
      continuationToken = page.continuationToken || undefined;
    } while (continuationToken);
    return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  /**
   * Downloads one artifact.
   * @returns false where the job left no such file
   * @throws AzureFailure where it is listed and cannot be read: that its content is missing is no answer
   */
  async download(jobName: string, artifact: string, file: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.look<{ contentUri: string }>({
      url: `${await this.runUrl(jobName)}/contentinfo`,
      query: { path: artifact },
      shape: { contentUri: 'string' },
      signal,
    });
    if (!found) return false;
    try {
      await this.transfer.download(found.contentUri, file, signal);
      return true;
    } catch (error) {
      if (!isAzureFailure(error, 404)) throw error;
      // A URL may be given for whatever is asked for: only the list says what is there.
      if (!(await this.isListed(jobName, artifact, signal))) return false;
      throw new AzureFailure(
        `The job ${jobName} left the file ${artifact}, and its content is not to be found. ${error.message}`,
        'Run the step again: it follows the same job. If someone has deleted the file, run the training again.',
        error.status,
        error.code,
        error.serviceMessage,
        error,
      );
    }
  }

  private async isListed(jobName: string, artifact: string, signal: AbortSignal): Promise<boolean> {
    return (await this.list(jobName, artifact, signal))?.some(({ path: name }) => name === artifact) ?? false;
  }

  /**
   * Downloads all artifacts under a folder of the job's artifacts into a local one, keeping their paths below it.
   * @returns the local files; an empty list where the job left nothing there
   */
  async downloadFolder(jobName: string, folder: string, into: string, signal: AbortSignal): Promise<string[]> {
    const prefix = `${folder.replace(/\/+$/, '')}/`;
    const files: string[] = [];
    for (const { path: name, url } of (await this.list(jobName, prefix, signal)) ?? []) {
      const file = path.resolve(into, name.slice(prefix.length));
      if (!file.startsWith(path.resolve(into) + path.sep)) {
        throw new TaskFailure(`The job ${jobName} has an artifact named "${name}", which leads out of its folder.`);
      }
      await this.transfer.download(url, file, signal);
      files.push(file);
    }
    return files;
  }

  /** What a job has left decides whether its model is approved: that there is nothing is believed when it is so again. */
  private look<T>(request: AzureRequest): Promise<T | undefined> {
    const once = async () => {
      const { status, body } = await this.workspace.request<T>({ ...request, accept: [404] });
      return status === 404 ? undefined : body;
    };
    return believedAbsence(once, this.clock, request.signal ?? new AbortController().signal);
  }

  private async runUrl(jobName: string): Promise<string> {
    const api = await this.workspace.dataPlaneUrl();
    return `${api}/artifact/v2.0${this.workspace.id}/artifacts/ExperimentRun/dcid.${encodeURIComponent(jobName)}`;
  }
}
