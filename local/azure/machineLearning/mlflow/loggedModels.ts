import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../../context';
import type { RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { artifactUri } from './mlflowRun';
import { pageOf, search, type Value } from './searchFilter';

interface Pair {
  key: string;
  value: string;
}
interface LoggedModel {
  model_id: string;
  experiment_id: string;
  name: string;
  artifact_uri: string;
  creation_timestamp_ms: number;
  last_updated_timestamp_ms: number;
  status: string;
  model_type?: string;
  source_run_id?: string;
  tags: Pair[];
  params: Pair[];
}

/**
 * The models that MLflow 3 logs as things of their own. One of a run goes to the run's artifacts under its name, where it
 * lay before MLflow 3 and where a registration looks for it.
 */
export function registerLoggedModels(
  app: FastifyInstance,
  route: string,
  context: LocalAzureContext,
  runs: RunStore,
): { artifactUriOf(modelId: string): string | undefined } {
  const models = context.collection<LoggedModel>('machineLearning.loggedModels');
  const find = (id: string): LoggedModel => {
    const model = models.get(id);
    if (!model) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`);
    return model;
  };
  const answer = ({ params, ...info }: LoggedModel) => ({
    model: { info: { ...info, registrations: [] }, data: { params, metrics: [] } },
  });
  const change = (id: string, apply: (model: LoggedModel) => void) => {
    const model = structuredClone(find(id));
    apply(model);
    model.last_updated_timestamp_ms = Date.now();
    models.put(id, model);
    return answer(model);
  };

  app.post<{ Body: Partial<LoggedModel> | undefined }>(`${route}/logged-models`, async (request) => {
    const {
      experiment_id: experiment,
      name,
      source_run_id: run,
      model_type: type,
      tags = [],
      params = [],
    } = request.body ?? {};
    const id = `m-${randomBytes(16).toString('hex')}`;
    const modelName = name || id;
    if (run && !runs.get(run)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found`);
    const taken = models.list().some(({ value }) => value.source_run_id === run && value.name === modelName);
    const now = Date.now();
    const model: LoggedModel = {
      model_id: id,
      experiment_id: required('experiment_id', experiment),
      name: modelName,
      artifact_uri: `${artifactUri(run ?? ownRun(experiment ?? ''))}/${taken ? `models/${id}` : modelName}`,
      creation_timestamp_ms: now,
      last_updated_timestamp_ms: now,
      status: 'LOGGED_MODEL_PENDING',
      model_type: type,
      source_run_id: run,
      tags,
      params,
    };
    models.put(id, model);
    return answer(model);
  });
  app.get<{ Params: { id: string } }>(`${route}/logged-models/:id`, async (request) => answer(find(request.params.id)));
  app.patch<{ Params: { id: string }; Body: { status?: string } | undefined }>(
    `${route}/logged-models/:id`,
    async (request) => change(request.params.id, (model) => (model.status = request.body?.status ?? model.status)),
  );
  app.patch<{ Params: { id: string }; Body: { tags?: Pair[] } | undefined }>(
    `${route}/logged-models/:id/tags`,
    async (request) => change(request.params.id, (model) => (model.tags = merge(model.tags, request.body?.tags))),
  );
  app.post<{ Params: { id: string }; Body: { params?: Pair[] } | undefined }>(
    `${route}/logged-models/:id/params`,
    async (request) => change(request.params.id, (model) => (model.params = merge(model.params, request.body?.params))),
  );
  app.post<{
    Body:
      | {
          experiment_ids?: string[];
          filter?: string;
          datasets?: unknown[];
          order_by?: Array<{ field_name?: string; ascending?: boolean; dataset_name?: string }>;
          max_results?: number;
          page_token?: string;
        }
      | undefined;
  }>(`${route}/logged-models/search`, async ({ body = {} }) => {
    if (body.datasets?.length || body.order_by?.some(({ dataset_name: dataset }) => dataset)) {
      throw new MlflowError('NOT_IMPLEMENTED', 'Local Azure does not search logged models by data sets.');
    }
    const candidates = models
      .list()
      .flatMap(({ value }) => (body.experiment_ids?.includes(value.experiment_id) ? [value] : []));
    const order = body.order_by?.map(
      ({ field_name: name, ascending }) => `${name} ${ascending === false ? 'DESC' : 'ASC'}`,
    );
    const found = search(candidates.reverse(), body.filter, order, valueOf);
    const { page, next } = pageOf(found, body.max_results, body.page_token, 100);
    return { models: page.map((model) => answer(model).model), ...next };
  });

  return { artifactUriOf: (modelId) => models.get(modelId)?.artifact_uri };

  /** A model that is logged outside of a run needs a place of its own. */
  function ownRun(experimentId: string): string {
    const experiment = runs.findExperiment({ id: experimentId });
    const runId = `models-${experimentId}`;
    if (!runs.get(runId)) {
      const experimentName = experiment?.name ?? 'Default';
      runs.create({ runId, isJob: false, experimentName, status: 'Completed', runType: 'azureml.mlflow' });
    }
    return runId;
  }
}

function valueOf(model: LoggedModel, kind: string, name: string): Value {
  const within = (values: Pair[]) => values.find(({ key }) => key === name)?.value;
  if (/^tags?$/i.test(kind)) return within(model.tags);
  if (/^(params?|parameters?)$/i.test(kind)) return within(model.params);
  const attributes = [
    'model_id',
    'name',
    'model_type',
    'status',
    'source_run_id',
    'creation_timestamp_ms',
    'last_updated_timestamp_ms',
  ];
  const field =
    { creation_timestamp: 'creation_timestamp_ms', creation_time: 'creation_timestamp_ms', model_name: 'name' }[name] ??
    name;
  if (/^(attributes?|attr)$/i.test(kind) && attributes.includes(field)) return model[field as 'name'];
  throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid attribute key '${kind}.${name}' specified.`);
}

function merge(present: Pair[], added: Pair[] = []): Pair[] {
  const keys = new Map([...present, ...added].map((pair) => [pair.key, pair]));
  return [...keys.values()];
}
