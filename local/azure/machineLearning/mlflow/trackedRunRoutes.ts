import type { FastifyInstance } from 'fastify';
import type { Run } from '../runs/runStore';
import type { Batch, MetricBody, NewRun, Pair, RunChange, RunName, RunQuery, TrackedRuns } from './trackedRuns';

/** MLflow's runs. `route` ends in `/mlflow`. */
export function registerTrackedRuns(app: FastifyInstance, route: string, runs: TrackedRuns): void {
  /** A request that changes the run that its body names, and is answered by nothing. */
  const change = <Body>(path: string, handle: (run: Run, body: RunName & Body) => void) =>
    app.post(`${route}/runs/${path}`, async (request) => {
      const body = (request.body ?? {}) as RunName & Body;
      handle(runs.find(body), body);
      return {};
    });

  app.get<{ Querystring: RunName }>(`${route}/runs/get`, async ({ query }) => ({ run: runs.answer(runs.find(query)) }));
  app.post<{ Body: NewRun | undefined }>(`${route}/runs/create`, async ({ body }) => ({
    run: runs.answer(runs.create(body ?? {})),
  }));
  app.post<{ Body: (RunName & RunChange) | undefined }>(`${route}/runs/update`, async ({ body }) => ({
    run_info: runs.answer(runs.update(runs.find(body), body!)).info,
  }));
  app.post<{ Body: RunQuery | undefined }>(`${route}/runs/search`, async ({ body }) => runs.search(body ?? {}));
  app.get<{ Querystring: RunName & { metric_key?: string; max_results?: string; page_token?: string } }>(
    `${route}/metrics/get-history`,
    async ({ query }) => runs.history(runs.find(query), query.metric_key, query.max_results, query.page_token),
  );

  change<MetricBody>('log-metric', (run, body) => runs.logMetric(run, body));
  change<Pair>('log-parameter', (run, body) => runs.logParams(run, [body]));
  change<Pair>('set-tag', (run, body) => runs.setTags(run, [body]));
  change<{ key?: string }>('delete-tag', (run, body) => runs.deleteTag(run, body.key));
  change<Batch>('log-batch', (run, body) => runs.logBatch(run, body));
  change<{ datasets?: unknown[]; models?: unknown[] }>('log-inputs', (run, body) =>
    runs.addInputs(run, body.datasets, body.models),
  );
  change<{ models?: unknown[] }>('outputs', (run, body) => runs.addOutputs(run, body.models));
  change<{ model_json?: string }>('log-model', (run, body) => runs.noteModel(run, body.model_json));
  change('delete', (run) => runs.setDeleted(run, true));
  change('restore', (run) => runs.setDeleted(run, false));
}
