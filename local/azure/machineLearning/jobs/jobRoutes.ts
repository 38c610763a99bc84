import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { localCloud } from '../../context';
import { page } from '../paging';
import { workspaceRoute } from '../resourceIds';
import { hasEnded } from '../runs/runStore';
import { jobAnswer } from './jobAnswer';
import type { FoundJob, JobQuery, Jobs } from './jobs';
import type { JobProperties } from './jobSpecification';

type Params = { id: string };
type JobBody = { properties?: JobProperties } | undefined;

/** Jobs in the resource manager. `url` is that of local Azure itself. */
export function registerJobs(app: FastifyInstance, url: string, jobs: Jobs): void {
  const route = `${workspaceRoute}/jobs`;
  const one = `${route}/:id`;
  const answer = (found: FoundJob) => jobAnswer(url, found.job, found.run, jobs.isStep(found));

  app.get<{ Querystring: JobQuery }>(route, async (request) => {
    const { value, nextLink } = page(request, url, jobs.list(request.query));
    return { value: value.map(answer), nextLink };
  });
  app.get<{ Params: Params }>(one, async ({ params }) => answer(jobs.find(params.id)));
  app.put<{ Params: Params; Body: JobBody }>(one, async (request, reply) => {
    const { isNew, ...found } = jobs.put(request.params.id, request.body?.properties);
    const made = answer(found);
    if (!isNew) return made;
    return reply
      .code(201)
      .header('location', `${url}${made.id}?${request.url.split('?')[1] ?? ''}`)
      .send(made);
  });
  // Not in the specification at hand; by it Azure DevOps is told of the end. Source: learn.microsoft.com,
  // azure/machine-learning/how-to-devops-machine-learning, "Using a generic service connection".
  app.patch<{ Params: Params; Body: unknown }>(one, async ({ params, body }) =>
    answer(jobs.addWebhooks(params.id, body)),
  );
  app.delete<{ Params: Params }>(one, async ({ params }, reply) => {
    jobs.archive(params.id);
    return reply.code(200).send();
  });
  registerCancellation(app, `${one}/cancel`, url, jobs);
}

/** A long-running operation of its own, that is polled at its Location until the job has really ended. */
function registerCancellation(app: FastifyInstance, route: string, url: string, jobs: Jobs): void {
  const location =
    '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location/mfeOperationResults';
  const operationUrl = (operation: string, asked: string): string =>
    `${url}/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.MachineLearningServices/locations/` +
    `${localCloud.location}/mfeOperationResults/${operation}?${asked.split('?')[1] ?? ''}`;

  app.post<{ Params: Params }>(route, async (request, reply) => {
    const job = jobs.cancel(request.params.id);
    if (!job) return reply.code(200).send();
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
  app.get<{ Params: { operation: string } }>(`${location}/:operation`, async (request, reply) => {
    const { operation } = request.params;
    const { run } = jobs.find(operation.split(':')[2] ?? '');
    if (hasEnded(run.status)) return reply.code(200).send();
    return reply
      .code(202)
      .headers({ location: operationUrl(operation, request.url), 'retry-after': '10' })
      .send();
  });
}
