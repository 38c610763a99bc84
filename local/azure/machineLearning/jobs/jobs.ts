import { hasAll, isListed } from '../assets/assetLists';
import { invalid, notFound } from '../mlError';
import type { JobRunner } from '../runner/jobRunner';
import { hasEnded, type Run, type RunStore } from '../runs/runStore';
import { addWebhooks } from './jobNotifications';
import type { JobProperties, JobSpecification } from './jobSpecification';
import type { Job, JobStore } from './jobStore';
import { updateJob } from './jobUpdate';
import { checkJob, type Workspace } from './jobValidation';

export interface JobQuery {
  jobType?: string;
  tag?: string;
  listViewType?: string;
  properties?: string;
}

/** A job and how it goes. */
export interface FoundJob {
  job: Job;
  run: Run;
}

/** The jobs of the workspace. A new one starts at once. */
export class Jobs {
  constructor(
    private readonly store: JobStore,
    private readonly runs: RunStore,
    private readonly runner: JobRunner,
    private readonly workspace: Workspace,
  ) {}

  find(name: string): FoundJob {
    const job = this.store.get(name);
    const run = this.runs.get(name);
    if (!job || !run) throw notFound(`Job with name: ${name}`);
    return { job, run };
  }

  /** The newest first, without those that are parts of another. */
  list({ jobType, tag, listViewType, properties }: JobQuery): FoundJob[] {
    // Asked even where there is no job.
    isListed({}, listViewType);
    return this.store
      .list()
      .filter((job) => !job.parent)
      .map((job) => this.find(job.name))
      .filter(
        ({ job, run }) =>
          (!jobType || job.specification.jobType === jobType) &&
          (!tag || hasAll(run.tags, tag)) &&
          hasAll(run.properties, properties) &&
          isListed(job.specification as unknown as Record<string, unknown>, listViewType),
      )
      .reverse();
  }

  /** Whether it is a step of a pipeline. */
  isStep({ job }: FoundJob): boolean {
    return job.parent !== undefined && this.store.get(job.parent)?.specification.jobType === 'Pipeline';
  }

  put(name: string, body: JobProperties | undefined): FoundJob & { isNew: boolean } {
    if (!body) throw invalid("The request body has no 'properties'.");
    const former = this.store.get(name);
    if (former) updateJob(this.store, this.runs, former, body);
    else this.create(name, body);
    return { isNew: !former, ...this.find(name) };
  }

  private create(name: string, { displayName, description, tags, properties, ...given }: JobProperties): void {
    const specification = withoutNulls({ experimentName: 'Default', ...given });
    checkJob(name, specification, this.workspace);
    this.runner.create({
      name,
      specification: specification as unknown as JobSpecification,
      displayName: displayName ?? undefined,
      description: description ?? undefined,
      tags: tags ?? {},
      properties: properties ?? {},
    });
  }

  addWebhooks(name: string, body: unknown): FoundJob {
    addWebhooks(this.store, this.find(name).job, body);
    return this.find(name);
  }

  archive(name: string): void {
    const { job, run } = this.find(name);
    if (!hasEnded(run.status))
      throw invalid(`Job ${job.name} is ${run.status}; only a job that has ended can be deleted.`);
    this.store.put({ ...job, specification: { ...job.specification, isArchived: true } });
  }

  /** The job that is being cancelled now; undefined where there is nothing to cancel any more. */
  cancel(name: string): Job | undefined {
    const { job, run } = this.find(name);
    if (hasEnded(run.status)) return undefined;
    this.runner.cancel(job.name);
    return job;
  }
}

function withoutNulls<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null)) as Partial<T>;
}
