import { randomUUID } from 'node:crypto';
import type { MetricPoint, MetricStore } from '../runs/metricStore';
import type { Run, RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { metricAnswer, runAnswer, statusOf, type MlflowStatus } from './mlflowRun';
import { RunSearch } from './runSearch';
import { inView, pageOf } from './searchFilter';

export interface Pair {
  key: string;
  value: string;
}

export interface MetricBody {
  key?: string;
  value?: number | string;
  timestamp?: number | string;
  step?: number | string;
}

/** How a client names a run. */
export interface RunName {
  run_id?: string;
  run_uuid?: string;
}

export interface NewRun {
  experiment_id?: string;
  run_name?: string;
  start_time?: number | string;
  tags?: Pair[];
}

export interface RunChange {
  status?: MlflowStatus;
  end_time?: number | string;
  run_name?: string;
}

export interface Batch {
  metrics?: MetricBody[];
  params?: Pair[];
  tags?: Pair[];
}

export interface RunQuery {
  experiment_ids?: string[];
  filter?: string;
  max_results?: number | string;
  order_by?: string[];
  page_token?: string;
  run_view_type?: string;
}

/** The service's own limits for one batch. */
const batchLimits = { metrics: 1000, params: 100, tags: 100 } as const;
const usualHistoryPage = 25_000;

/** MLflow's runs: create, read, update, log, search, and the history of metrics. */
export class TrackedRuns {
  private readonly selection: RunSearch;

  constructor(
    private readonly runs: RunStore,
    private readonly metrics: MetricStore,
  ) {
    this.selection = new RunSearch(runs, metrics);
  }

  find({ run_id, run_uuid }: RunName = {}): Run {
    const id = run_id ?? run_uuid;
    const run = this.runs.get(required('run_id', id));
    if (!run) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${id}' not found`);
    return run;
  }

  answer(run: Run) {
    return runAnswer(run, this.runs, this.metrics);
  }

  create({ experiment_id: id, run_name: name, start_time: start, tags = [] }: NewRun): Run {
    const experiment = id === '0' || !id ? this.runs.experiment('Default') : this.runs.findExperiment({ id });
    if (!experiment) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
    const own = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    const { 'mlflow.parentRunId': parentRunId, 'mlflow.runName': tagName, ...rest } = own;
    return this.runs.create({
      runId: randomUUID(),
      isJob: false,
      experimentName: experiment.name,
      status: 'Running',
      runType: 'azureml.mlflow',
      displayName: name ?? tagName,
      parentRunId,
      startTimeUtc: new Date(Number(start ?? Date.now())).toISOString(),
      tags: rest,
    });
  }

  update(run: Run, { status, end_time: end, run_name: name }: RunChange): Run {
    return this.runs.update(run.runId, (changed) => {
      if (name) changed.displayName = name;
      // How a job goes is the job service's to say: its process ends its MLflow run before the job has ended.
      if (changed.isJob) return;
      if (status) changed.status = statusOf[status];
      if (end) changed.endTimeUtc = new Date(Number(end)).toISOString();
    });
  }

  setDeleted(run: Run, isDeleted: boolean): void {
    this.runs.update(run.runId, (changed) => (changed.isDeleted = isDeleted));
  }

  logMetric(run: Run, body: MetricBody): void {
    this.metrics.append(run.runId, [metricPoint(body)]);
  }

  logParams(run: Run, params: Pair[]): void {
    this.runs.update(run.runId, (changed) => {
      for (const { key, value } of params) {
        const present = Object.hasOwn(changed.params, required('key', key)) ? changed.params[key] : undefined;
        if (present !== undefined && present !== value) {
          throw new MlflowError(
            'INVALID_PARAMETER_VALUE',
            `Changing param values is not allowed. Param with key='${key}' was already logged with value='${present}' for run ID='${run.runId}'. Attempted logging new value '${value}'.`,
          );
        }
        changed.params = { ...changed.params, [key]: String(value ?? '') };
      }
    });
  }

  setTags(run: Run, tags: Pair[]): void {
    this.runs.update(run.runId, (changed) => {
      for (const { key, value } of tags) {
        if (key === 'mlflow.runName') changed.displayName = value;
        else changed.tags[required('key', key)] = String(value ?? '');
      }
    });
  }

  deleteTag(run: Run, name: string | undefined): void {
    const key = required('key', name);
    this.runs.update(run.runId, ({ tags }) => {
      if (!(key in tags)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key}`);
      delete tags[key];
    });
  }

  logBatch(run: Run, batch: Batch): void {
    for (const [kind, most] of Object.entries(batchLimits)) {
      const count = batch[kind as keyof typeof batchLimits]?.length ?? 0;
      if (count <= most) continue;
      throw new MlflowError(
        'INVALID_PARAMETER_VALUE',
        `A batch logging request can contain at most ${most} ${kind}. Got ${count}.`,
      );
    }
    const points = (batch.metrics ?? []).map(metricPoint);
    if (batch.params?.length) this.logParams(run, batch.params);
    if (batch.tags?.length) this.setTags(run, batch.tags);
    this.metrics.append(run.runId, points);
  }

  addInputs(run: Run, datasets: unknown[] = [], models: unknown[] = []): void {
    this.runs.update(run.runId, (changed) => {
      changed.inputs = {
        dataset_inputs: [...(changed.inputs?.dataset_inputs ?? []), ...datasets],
        model_inputs: [...(changed.inputs?.model_inputs ?? []), ...models],
      };
    });
  }

  addOutputs(run: Run, models: unknown[] = []): void {
    this.runs.update(run.runId, (changed) => {
      changed.outputs = { model_outputs: [...(changed.outputs?.model_outputs ?? []), ...models] };
    });
  }

  /** What MLflow 1 and 2 note of a logged model is kept as the tag in which they look for it. */
  noteModel(run: Run, modelJson: string | undefined): void {
    const known = JSON.parse(run.tags['mlflow.log-model.history'] ?? '[]') as unknown[];
    const noted = JSON.parse(required('model_json', modelJson)) as unknown;
    this.setTags(run, [{ key: 'mlflow.log-model.history', value: JSON.stringify([...known, noted]) }]);
  }

  search(query: RunQuery) {
    const { experiment_ids: ids = [], filter, max_results: most, order_by: order, page_token: token } = query;
    const isSeen = inView(query.run_view_type);
    const candidates = this.runs
      .list()
      .filter((run) => ids.includes(this.runs.experiment(run.experimentName).id) && isSeen(run.isDeleted));
    const { page, next } = pageOf(this.selection.select(candidates, filter, order), most, token, 1000);
    return { runs: page.map((run) => this.answer(run)), ...next };
  }

  history(run: Run, metric: string | undefined, most: string | undefined, token: string | undefined) {
    const points = this.metrics.history(run.runId, required('metric_key', metric));
    const { page, next } = pageOf(points, most, token, usualHistoryPage);
    return { metrics: page.map(metricAnswer), ...next };
  }
}

function metricPoint(body: MetricBody): MetricPoint {
  const value = Number(typeof body.value === 'string' ? body.value.replace(/^(-?)inf$/i, '$1Infinity') : body.value);
  return {
    key: required('key', body.key),
    value,
    timestamp: Number(body.timestamp ?? Date.now()),
    step: Number(body.step ?? 0),
  };
}
