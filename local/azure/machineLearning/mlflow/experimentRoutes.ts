import type { FastifyInstance } from 'fastify';
import { MlflowError } from './mlflowError';
import { experimentAnswer, type ExperimentQuery, type TrackedExperiments } from './trackedExperiments';
import type { Pair } from './trackedRuns';

/** How a client names an experiment. */
interface ExperimentName {
  experiment_id?: string;
  experiment_name?: string;
}

/** MLflow's experiments. `route` ends in `/mlflow`. */
export function registerExperiments(app: FastifyInstance, route: string, experiments: TrackedExperiments): void {
  app.get<{ Querystring: ExperimentName }>(`${route}/experiments/get`, async ({ query }) => ({
    experiment: experimentAnswer(experiments.find(query.experiment_id)),
  }));
  app.get<{ Querystring: ExperimentName }>(`${route}/experiments/get-by-name`, async ({ query }) => ({
    experiment: experimentAnswer(experiments.named(query.experiment_name)),
  }));
  app.post<{ Body: { name?: string; tags?: Pair[] } | undefined }>(`${route}/experiments/create`, async ({ body }) => ({
    experiment_id: experiments.create(body?.name, body?.tags).id,
  }));
  app.route<{ Body: ExperimentQuery | undefined; Querystring: ExperimentQuery }>({
    method: ['GET', 'POST'],
    url: `${route}/experiments/search`,
    handler: async ({ body, query }) => experiments.search(body ?? query),
  });
  app.post<{ Body: (ExperimentName & { new_name?: string }) | undefined }>(`${route}/experiments/update`, async () => {
    throw new MlflowError('NOT_IMPLEMENTED', 'Local Azure does not rename experiments.');
  });
  app.post<{ Body: (ExperimentName & Partial<Pair>) | undefined }>(
    `${route}/experiments/set-experiment-tag`,
    async ({ body }) => {
      experiments.setTag(experiments.find(body?.experiment_id), body?.key, body?.value);
      return {};
    },
  );
  for (const [action, isDeleted] of [
    ['delete', true],
    ['restore', false],
  ] as const) {
    app.post<{ Body: ExperimentName | undefined }>(`${route}/experiments/${action}`, async ({ body }) => {
      experiments.setDeleted(experiments.find(body?.experiment_id), isDeleted);
      return {};
    });
  }
}
