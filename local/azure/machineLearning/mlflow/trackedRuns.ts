import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { MetricPoint, MetricStore } from '../runs/metricStore';
import type { Run, RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { metricAnswer, runAnswer, statusOf, type MlflowStatus } from './mlflowRun';
import { RunSearch } from './runSearch';
import { inView, pageOf } from './searchFilter';

interface Pair {
  key: string;
  value: string;
}
interface MetricBody {
  key?: string;
  value?: number | string;
  timestamp?: number | string;
  step?: number | string;
}
interface RunBody {
  run_id?: string;
  run_uuid?: string;
}

/** The service's own limits for one batch. */
const batchLimits = { metrics: 1000, params: 100, tags: 100 } as const;
const usualHistoryPage = 25_000;

/** MLflow's runs: create, read, update, log, search, and the history of metrics. `route` ends in `/mlflow`. */
export function registerTrackedRuns(app: FastifyInstance, route: string, runs: RunStore, metrics: MetricStore): void {
  const search = new RunSearch(runs, metrics);
  const find = (id: string | undefined): Run => {
    const run = runs.get(required('run_id', id));
    if (!run) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run '${id}' not found`);
    return run;
  };
  const findBy = (body: RunBody | undefined): Run => find(body?.run_id ?? body?.run_uuid);
  const answer = (run: Run) => runAnswer(run, runs, metrics);

  app.get<{ Querystring: RunBody }>(`${route}/runs/get`, async (request) => ({ run: answer(findBy(request.query)) }));

  app.post<{
    Body: { experiment_id?: string; run_name?: string; start_time?: number | string; tags?: Pair[] } | undefined;
  }>(`${route}/runs/create`, async (request) => {
    const { experiment_id: id, run_name: name, start_time: start, tags = [] } = request.body ?? {};
    const experiment = id === '0' || !id ? runs.experiment('Default') : runs.findExperiment({ id });
    if (!experiment) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
    const own = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    const { 'mlflow.parentRunId': parentRunId, 'mlflow.runName': tagName, ...rest } = own;
    const run = runs.create({
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
    return { run: answer(run) };
  });

  app.post<{ Body: (RunBody & { status?: MlflowStatus; end_time?: number | string; run_name?: string }) | undefined }>(
    `${route}/runs/update`,
    async (request) => {
      const { status, end_time: end, run_name: name } = request.body ?? {};
      const run = runs.update(findBy(request.body).runId, (changed) => {
        if (name) changed.displayName = name;
        // How a job goes is the job service's to say: its process ends its MLflow run before the job has ended.
        if (changed.isJob) return;
        if (status) changed.status = statusOf[status];
        if (end) changed.endTimeUtc = new Date(Number(end)).toISOString();
      });
      return { run_info: answer(run).info };
    },
  );

  app.post<{ Body: (RunBody & MetricBody) | undefined }>(`${route}/runs/log-metric`, async (request) => {
    metrics.append(findBy(request.body).runId, [metricPoint(request.body ?? {})]);
    return {};
  });

  app.post<{ Body: (RunBody & Pair) | undefined }>(`${route}/runs/log-parameter`, async (request) => {
    logParams(findBy(request.body), [request.body as Pair]);
    return {};
  });

  app.post<{ Body: (RunBody & Pair) | undefined }>(`${route}/runs/set-tag`, async (request) => {
    setTags(findBy(request.body), [request.body as Pair]);
    return {};
  });

  app.post<{ Body: (RunBody & { key?: string }) | undefined }>(`${route}/runs/delete-tag`, async (request) => {
    const key = required('key', request.body?.key);
    runs.update(findBy(request.body).runId, (run) => {
      if (!(key in run.tags)) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key}`);
      delete run.tags[key];
    });
    return {};
  });

  app.post<{ Body: (RunBody & { metrics?: MetricBody[]; params?: Pair[]; tags?: Pair[] }) | undefined }>(
    `${route}/runs/log-batch`,
    async (request) => {
      const run = findBy(request.body);
      for (const [kind, most] of Object.entries(batchLimits)) {
        const count = request.body?.[kind as keyof typeof batchLimits]?.length ?? 0;
        if (count <= most) continue;
        throw new MlflowError(
          'INVALID_PARAMETER_VALUE',
          `A batch logging request can contain at most ${most} ${kind}. Got ${count}.`,
        );
      }
      const points = (request.body?.metrics ?? []).map(metricPoint);
      if (request.body?.params?.length) logParams(run, request.body.params);
      if (request.body?.tags?.length) setTags(run, request.body.tags);
      metrics.append(run.runId, points);
      return {};
    },
  );

  app.post<{ Body: (RunBody & { datasets?: unknown[]; models?: unknown[] }) | undefined }>(
    `${route}/runs/log-inputs`,
    async ({ body }) => {
      runs.update(findBy(body).runId, (run) => {
        run.inputs = {
          dataset_inputs: [...(run.inputs?.dataset_inputs ?? []), ...(body?.datasets ?? [])],
          model_inputs: [...(run.inputs?.model_inputs ?? []), ...(body?.models ?? [])],
        };
      });
      return {};
    },
  );
  app.post<{ Body: (RunBody & { models?: unknown[] }) | undefined }>(`${route}/runs/outputs`, async ({ body }) => {
    runs.update(findBy(body).runId, (run) => {
      run.outputs = { model_outputs: [...(run.outputs?.model_outputs ?? []), ...(body?.models ?? [])] };
    });
    return {};
  });
  // What MLflow 1 and 2 note of a logged model is kept as the tag in which they look for it.
  app.post<{ Body: (RunBody & { model_json?: string }) | undefined }>(`${route}/runs/log-model`, async ({ body }) => {
    const run = findBy(body);
    const known = JSON.parse(run.tags['mlflow.log-model.history'] ?? '[]') as unknown[];
    const noted = JSON.parse(required('model_json', body?.model_json)) as unknown;
    setTags(run, [{ key: 'mlflow.log-model.history', value: JSON.stringify([...known, noted]) }]);
    return {};
  });
  for (const [action, isDeleted] of [
    ['delete', true],
    ['restore', false],
  ] as const) {
    app.post<{ Body: RunBody | undefined }>(`${route}/runs/${action}`, async ({ body }) => {
      runs.update(findBy(body).runId, (run) => (run.isDeleted = isDeleted));
      return {};
    });
  }

  app.post<{
    Body:
      | {
          experiment_ids?: string[];
          filter?: string;
          max_results?: number | string;
          order_by?: string[];
          page_token?: string;
          run_view_type?: string;
        }
      | undefined;
  }>(`${route}/runs/search`, async (request) => {
    const {
      experiment_ids: ids = [],
      filter,
      max_results: most,
      order_by: order,
      page_token: token,
      run_view_type: view,
    } = request.body ?? {};
    const isSeen = inView(view);
    const candidates = runs
      .list()
      .filter((run) => ids.includes(runs.experiment(run.experimentName).id) && isSeen(run.isDeleted));
    const { page, next } = pageOf(search.select(candidates, filter, order), most, token, 1000);
    return { runs: page.map(answer), ...next };
  });

  app.get<{ Querystring: RunBody & { metric_key?: string; max_results?: string; page_token?: string } }>(
    `${route}/metrics/get-history`,
    async (request) => {
      const { metric_key: key, max_results: most, page_token: token } = request.query;
      const history = metrics.history(findBy(request.query).runId, required('metric_key', key));
      const { page, next } = pageOf(history, most, token, usualHistoryPage);
      return { metrics: page.map(metricAnswer), ...next };
    },
  );

  function logParams(run: Run, params: Pair[]): void {
    runs.update(run.runId, (changed) => {
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

  function setTags(run: Run, tags: Pair[]): void {
    runs.update(run.runId, (changed) => {
      for (const { key, value } of tags) {
        if (key === 'mlflow.runName') changed.displayName = value;
        else changed.tags[required('key', key)] = String(value ?? '');
      }
    });
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
