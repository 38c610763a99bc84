import { randomBytes } from 'node:crypto';
import type { Collection } from '../../context';
import type { RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { artifactUri } from './mlflowRun';
import { pageOf, search, type Value } from './searchFilter';
import type { Pair } from './trackedRuns';

export interface LoggedModel {
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

export type NewLoggedModel = Partial<
  Pick<LoggedModel, 'experiment_id' | 'name' | 'source_run_id' | 'model_type' | 'tags' | 'params'>
>;

export interface LoggedModelQuery {
  experiment_ids?: string[];
  filter?: string;
  datasets?: unknown[];
  order_by?: Array<{ field_name?: string; ascending?: boolean; dataset_name?: string }>;
  max_results?: number;
  page_token?: string;
}

/**
 * The models that MLflow 3 logs as things of their own. One of a run goes to the run's artifacts under its name, where it
 * lay before MLflow 3 and where a registration looks for it.
 */
export class LoggedModels {
  constructor(
    private readonly models: Collection<LoggedModel>,
    private readonly runs: RunStore,
  ) {}

  find(id: string): LoggedModel {
    const model = this.models.get(id);
    if (!model) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`);
    return model;
  }

  artifactUriOf(id: string): string | undefined {
    return this.models.get(id)?.artifact_uri;
  }

  create(given: NewLoggedModel): LoggedModel {
    const { experiment_id: experiment, source_run_id: run, model_type: type, tags = [], params = [] } = given;
    const id = `m-${randomBytes(16).toString('hex')}`;
    const name = given.name || id;
    if (run && !this.runs.get(run)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found`);
    const isTaken = this.models.list().some(({ value }) => value.source_run_id === run && value.name === name);
    const now = Date.now();
    const model: LoggedModel = {
      model_id: id,
      experiment_id: required('experiment_id', experiment),
      name,
      artifact_uri: `${artifactUri(run ?? this.ownRun(experiment ?? ''))}/${isTaken ? `models/${id}` : name}`,
      creation_timestamp_ms: now,
      last_updated_timestamp_ms: now,
      status: 'LOGGED_MODEL_PENDING',
      model_type: type,
      source_run_id: run,
      tags,
      params,
    };
    this.models.put(id, model);
    return model;
  }

  setStatus(id: string, status: string | undefined): LoggedModel {
    return this.change(id, (model) => (model.status = status ?? model.status));
  }

  addTags(id: string, tags: Pair[] | undefined): LoggedModel {
    return this.change(id, (model) => (model.tags = merge(model.tags, tags)));
  }

  addParams(id: string, params: Pair[] | undefined): LoggedModel {
    return this.change(id, (model) => (model.params = merge(model.params, params)));
  }

  search(query: LoggedModelQuery) {
    if (query.datasets?.length || query.order_by?.some(({ dataset_name: dataset }) => dataset)) {
      throw new MlflowError('NOT_IMPLEMENTED', 'Local Azure does not search logged models by data sets.');
    }
    const candidates = this.models
      .list()
      .flatMap(({ value }) => (query.experiment_ids?.includes(value.experiment_id) ? [value] : []));
    const order = query.order_by?.map(
      ({ field_name: name, ascending }) => `${name} ${ascending === false ? 'DESC' : 'ASC'}`,
    );
    const found = search(candidates.reverse(), query.filter, order, valueOf);
    const { page, next } = pageOf(found, query.max_results, query.page_token, 100);
    return { models: page.map((model) => loggedModelAnswer(model).model), ...next };
  }

  private change(id: string, apply: (model: LoggedModel) => void): LoggedModel {
    const model = structuredClone(this.find(id));
    apply(model);
    model.last_updated_timestamp_ms = Date.now();
    this.models.put(id, model);
    return model;
  }

  /** A model that is logged outside of a run needs a place of its own. */
  private ownRun(experimentId: string): string {
    const experiment = this.runs.findExperiment({ id: experimentId });
    const runId = `models-${experimentId}`;
    if (!this.runs.get(runId)) {
      const experimentName = experiment?.name ?? 'Default';
      this.runs.create({ runId, isJob: false, experimentName, status: 'Completed', runType: 'azureml.mlflow' });
    }
    return runId;
  }
}

export const loggedModelAnswer = ({ params, ...info }: LoggedModel) => ({
  model: { info: { ...info, registrations: [] }, data: { params, metrics: [] } },
});

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
