import type { FastifyInstance } from 'fastify';
import type { Experiment, RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';

interface ExperimentQuery {
  experiment_id?: string;
  experiment_name?: string;
}

/** MLflow's experiments. */
export function registerExperiments(app: FastifyInstance, route: string, runs: RunStore): void {
  const answer = ({ id, name, createdUtc }: Experiment) => ({
    experiment_id: id,
    name,
    artifact_location: '',
    lifecycle_stage: 'active',
    creation_time: Date.parse(createdUtc),
    last_update_time: Date.parse(createdUtc),
    tags: [],
  });
  app.get<{ Querystring: ExperimentQuery }>(`${route}/experiments/get`, async (request) => {
    const id = required('experiment_id', request.query.experiment_id);
    // MLflow's clients know the default experiment by this number.
    const experiment = id === '0' ? runs.experiment('Default') : runs.findExperiment({ id });
    if (!experiment) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
    return { experiment: answer(experiment) };
  });
  app.get<{ Querystring: ExperimentQuery }>(`${route}/experiments/get-by-name`, async (request) => {
    const name = required('experiment_name', request.query.experiment_name);
    const experiment = runs.findExperiment({ name });
    if (!experiment) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
    return { experiment: answer(experiment) };
  });
  app.post<{ Body: { name?: string } | undefined }>(`${route}/experiments/create`, async (request) => {
    const name = required('name', request.body?.name);
    if (runs.findExperiment({ name })) {
      throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Experiment '${name}' already exists.`);
    }
    return { experiment_id: runs.experiment(name).id };
  });
  app.post(`${route}/experiments/search`, async () => ({ experiments: runs.listExperiments().map(answer) }));
}
