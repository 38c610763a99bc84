import type { FastifyInstance } from 'fastify';
import type { Experiment, RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { inView, pageOf, search } from './searchFilter';

interface ExperimentQuery {
  experiment_id?: string;
  experiment_name?: string;
}
interface SearchBody {
  filter?: string;
  max_results?: number | string;
  order_by?: string[];
  page_token?: string;
  view_type?: string;
}

/** MLflow's experiments. */
export function registerExperiments(app: FastifyInstance, route: string, runs: RunStore): void {
  const answer = ({ id, name, createdUtc, tags = {}, isDeleted }: Experiment) => ({
    experiment_id: id,
    name,
    artifact_location: '',
    lifecycle_stage: isDeleted ? 'deleted' : 'active',
    creation_time: Date.parse(createdUtc),
    last_update_time: Date.parse(createdUtc),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  const find = (wanted: string | undefined): Experiment => {
    const id = required('experiment_id', wanted);
    // MLflow's clients know the default experiment by this number.
    const experiment = id === '0' ? runs.experiment('Default') : runs.findExperiment({ id });
    if (experiment) return experiment;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
  };

  app.get<{ Querystring: ExperimentQuery }>(`${route}/experiments/get`, async ({ query }) => ({
    experiment: answer(find(query.experiment_id)),
  }));
  app.get<{ Querystring: ExperimentQuery }>(`${route}/experiments/get-by-name`, async ({ query }) => {
    const name = required('experiment_name', query.experiment_name);
    const experiment = runs.findExperiment({ name });
    if (!experiment) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
    return { experiment: answer(experiment) };
  });
  app.post<{ Body: { name?: string; tags?: Array<{ key: string; value: string }> } | undefined }>(
    `${route}/experiments/create`,
    async ({ body }) => {
      const name = required('name', body?.name);
      if (runs.findExperiment({ name })) {
        throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Experiment '${name}' already exists.`);
      }
      const { id } = runs.experiment(name);
      if (body?.tags?.length) {
        const tags = Object.fromEntries(body.tags.map(({ key, value }) => [key, value]));
        runs.changeExperiment(name, { tags });
      }
      return { experiment_id: id };
    },
  );
  app.route<{ Body: SearchBody | undefined; Querystring: SearchBody }>({
    method: ['GET', 'POST'],
    url: `${route}/experiments/search`,
    handler: async ({ body, query }) => {
      const asked = body ?? query;
      const isSeen = inView(asked.view_type);
      const candidates = runs.listExperiments().filter(({ isDeleted }) => isSeen(isDeleted));
      const order = asked.order_by ? [asked.order_by].flat() : ['last_update_time DESC'];
      const found = search(candidates, asked.filter, order, (experiment, kind, field) => {
        if (/^tags?$/i.test(kind)) return experiment.tags?.[field];
        const shown = answer(experiment) as Record<string, unknown>;
        const known = ['name', 'experiment_id', 'creation_time', 'last_update_time'];
        if (/^(attributes?|attr|experiment)$/i.test(kind) && known.includes(field)) return shown[field] as string;
        throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid attribute key '${kind}.${field}' specified.`);
      });
      const { page, next } = pageOf(found, asked.max_results, asked.page_token, 1000);
      return { experiments: page.map(answer), ...next };
    },
  });
  app.post<{ Body: (ExperimentQuery & { new_name?: string }) | undefined }>(`${route}/experiments/update`, async () => {
    throw new MlflowError('NOT_IMPLEMENTED', 'Local Azure does not rename experiments.');
  });
  app.post<{ Body: (ExperimentQuery & { key?: string; value?: string }) | undefined }>(
    `${route}/experiments/set-experiment-tag`,
    async ({ body }) => {
      const { name, tags } = find(body?.experiment_id);
      runs.changeExperiment(name, { tags: { ...tags, [required('key', body?.key)]: String(body?.value ?? '') } });
      return {};
    },
  );
  for (const [action, isDeleted] of [
    ['delete', true],
    ['restore', false],
  ] as const) {
    app.post<{ Body: ExperimentQuery | undefined }>(`${route}/experiments/${action}`, async ({ body }) => {
      runs.changeExperiment(find(body?.experiment_id).name, { isDeleted });
      return {};
    });
  }
}
