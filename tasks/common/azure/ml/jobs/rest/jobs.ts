import { isAzureFailure } from '../../../http/azureFailure';
import type { Workspace } from '../../workspace';
import type { JobStatus } from '../follow/jobStatus';

/** A job as the control plane tells it. Source: azure-rest-api-specs, mfe.json, JobBase. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly systemData?: { readonly createdAt?: string };
  readonly properties: {
    readonly jobType: string;
    readonly status: JobStatus;
    readonly displayName?: string | null;
    readonly experimentName?: string | null;
    readonly computeId?: string | null;
    readonly environmentId?: string | null;
    readonly codeId?: string | null;
    readonly inputs?: Record<string, { jobInputType: string; uri?: string; value?: string } | null> | null;
    readonly outputs?: Record<string, { jobOutputType: string; uri?: string | null } | null> | null;
    readonly properties?: Record<string, string> | null;
    readonly tags?: Record<string, string> | null;
    readonly services?: Record<string, { endpoint?: string | null } | null> | null;
  };
}

/** The body of a job that is to be created: its `properties`, with `jobType` and all else that the type demands. */
export type JobProperties = {
  jobType: 'Command' | 'Sweep' | 'Pipeline';
  experimentName?: string;
} & Record<string, unknown>;

const shape = { name: 'string', properties: { status: 'string' } } as const;

/** The jobs of a workspace. */
export class Jobs {
  constructor(private readonly workspace: Workspace) {}

  /**
   * @param isThere whether the job is known to be there
   * @returns undefined where there is no job of that name
   */
  async find(name: string, signal?: AbortSignal, isThere?: boolean): Promise<Job | undefined> {
    const read = { text: '' };
    // As the service sends it: the SDK's models drop what jobs of later kinds (Spark, fine-tuning) have.
    const onResponse = ({ bodyAsText }: { bodyAsText?: string | null }) => void (read.text = bodyAsText ?? '');
    return this.workspace.find(
      async ({ jobs }, place, options) => {
        await jobs.get(...place, name, { ...options, onResponse });
        return JSON.parse(read.text) as Job;
      },
      { isThere, shape, signal },
    );
  }

  /** Creates the job, which queues it at once. The same name and body may be sent again: the service keeps one job. */
  async create(name: string, properties: JobProperties, signal?: AbortSignal): Promise<Job> {
    return (
      await this.workspace.request<Job>({
        method: 'PUT',
        url: `jobs/${encodeURIComponent(name)}`,
        body: { properties },
        shape,
        signal,
      })
    ).body;
  }

  /** Asks the service to cancel; it does not wait until the job has ended. A job that has ended already is not an error. */
  async requestCancel(name: string, signal?: AbortSignal): Promise<void> {
    const begin = this.workspace.ask(({ jobs }, place, options) => jobs.beginCancel(...place, name, options), {
      repeatable: true,
      isThere: false,
      timeout: 5_000,
      signal,
    });
    await begin.catch((error: unknown) => {
      if (!isAzureFailure(error, 400, 404, 409)) throw error;
    });
  }
}

/** The job's page in the studio. */
export function studioUrl(job: Job): string | undefined {
  return job.properties.services?.Studio?.endpoint ?? undefined;
}

/** The page of a model version in the studio that shows the job. */
export function studioModelUrl(
  job: Job,
  model: { readonly name: string; readonly version: string },
): string | undefined {
  const page = studioUrl(job);
  if (!page || !URL.canParse(page)) return undefined;
  const { origin, search } = new URL(page);
  return `${origin}/model/${encodeURIComponent(`${model.name}:${model.version}`)}/details${search}`;
}
