import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../../context';
import { hasAll, isListed } from '../assets/assetLists';
import { invalid, notFound } from '../mlError';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import type { JobRunner } from '../runner/jobRunner';
import { hasEnded, type Run, type RunStore } from '../runs/runStore';
import { jobAnswer } from './jobAnswer';
import type { JobSpecification } from './jobSpecification';
import type { Job, JobStore } from './jobStore';
import { checkJob, type Workspace } from './jobValidation';
import { addWebhooks } from './jobNotifications';
import { updateJob } from './jobUpdate';

interface JobBody {
  properties?: Partial<JobSpecification> & {
    displayName?: string | null;
    description?: string | null;
    tags?: Record<string, string> | null;
    properties?: Record<string, string> | null;
  };
}

/** Jobs in the resource manager. A new one starts at once. */
export function registerJobs(
  app: FastifyInstance,
  context: LocalAzureContext,
  jobs: JobStore,
  runs: RunStore,
  runner: JobRunner,
  workspace: Workspace,
): void {
  const route = `${workspaceRoute}/jobs`;
  const find = (name: string): { job: Job; run: Run } => {
    const job = jobs.get(name);
    const run = runs.get(name);
    if (!job || !run) throw notFound(`Job with name: ${name}`);
    return { job, run };
  };
  const answer = ({ job, run }: { job: Job; run: Run }) =>
    jobAnswer(
      context,
      job,
      run,
      job.parent !== undefined && jobs.get(job.parent)?.specification.jobType === 'Pipeline',
    );

  app.get<{ Querystring: { jobType?: string; tag?: string; listViewType?: string; properties?: string } }>(
    route,
    async (request) => {
      const { jobType, tag, listViewType, properties } = request.query;
      // Asked even where there is no job.
      isListed({}, listViewType);
      const listed = jobs
        .list()
        .filter((job) => !job.parent)
        .map((job) => find(job.name))
        .filter(
          ({ job, run }) =>
            (!jobType || job.specification.jobType === jobType) &&
            (!tag || hasAll(run.tags, tag)) &&
            hasAll(run.properties, properties) &&
            isListed(job.specification as unknown as Record<string, unknown>, listViewType),
        );
      const { value, nextLink } = page(request, context.url, listed.reverse());
      return { value: value.map(answer), nextLink };
    },
  );

  app.get<{ Params: { id: string } }>(`${route}/:id`, async (request) => answer(find(request.params.id)));

  app.put<{ Params: { id: string }; Body: JobBody | undefined }>(`${route}/:id`, async (request, reply) => {
    const name = request.params.id;
    const body = request.body?.properties;
    if (!body) throw invalid("The request body has no 'properties'.");
    const { displayName, description, tags, properties, ...given } = body;
    const former = jobs.get(name);
    if (former) {
      updateJob(jobs, runs, former, body);
      return answer(find(name));
    }
    const specification = withoutNulls({ experimentName: 'Default', ...given });
    checkJob(name, specification, workspace);
    runner.create({
      name,
      specification: specification as unknown as JobSpecification,
      displayName: displayName ?? undefined,
      description: description ?? undefined,
      tags: tags ?? {},
      properties: properties ?? {},
    });
    const made = answer(find(name));
    return reply
      .code(201)
      .header('location', `${context.url}${made.id}?${request.url.split('?')[1] ?? ''}`)
      .send(made);
  });

  // Not in the specification at hand; by it Azure DevOps is told of the end. Source: learn.microsoft.com,
  // azure/machine-learning/how-to-devops-machine-learning, "Using a generic service connection".
  app.patch<{ Params: { id: string }; Body: unknown }>(`${route}/:id`, async (request) => {
    const found = find(request.params.id);
    addWebhooks(jobs, found.job, request.body);
    return answer(find(request.params.id));
  });

  app.delete<{ Params: { id: string } }>(`${route}/:id`, async (request, reply) => {
    const { job, run } = find(request.params.id);
    if (!hasEnded(run.status))
      throw invalid(`Job ${job.name} is ${run.status}; only a job that has ended can be deleted.`);
    jobs.put({ ...job, specification: { ...job.specification, isArchived: true } });
    return reply.code(200).send();
  });

  // A long-running operation of its own, that is polled at its Location until the job has really ended.
  app.post<{ Params: { id: string } }>(`${route}/:id/cancel`, async (request, reply) => {
    const { job, run } = find(request.params.id);
    if (hasEnded(run.status)) return reply.code(200).send();
    runner.cancel(job.name);
    const operation = `jc:${localCloud.workspaceId}:${job.name}:${randomUUID()}`;
    return (
      reply
        .code(202)
        .headers({ location: operationUrl(operation, request.url), 'retry-after': '10' })
        .type('application/json; charset=utf-8')
        // As recorded: test_sweep_in_pipeline_with_job_tier.
        .send('null')
    );
  });
  const operationUrl = (operation: string, url: string): string =>
    `${context.url}/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.MachineLearningServices/locations/` +
    `${localCloud.location}/mfeOperationResults/${operation}?${url.split('?')[1] ?? ''}`;
  app.get<{ Params: { operation: string } }>(
    '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location/mfeOperationResults/:operation',
    async (request, reply) => {
      const { operation } = request.params;
      const { run } = find(operation.split(':')[2] ?? '');
      if (hasEnded(run.status)) return reply.code(200).send();
      return reply
        .code(202)
        .headers({ location: operationUrl(operation, request.url), 'retry-after': '10' })
        .send();
    },
  );
}

function withoutNulls<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null)) as Partial<T>;
}
