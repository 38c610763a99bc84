import { localCloud } from '../../context';
import type { MetricPoint, MetricStore } from '../runs/metricStore';
import type { Run, RunStatus, RunStore } from '../runs/runStore';

export type MlflowStatus = 'SCHEDULED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

export const statusOf: Record<MlflowStatus, RunStatus> = {
  SCHEDULED: 'NotStarted',
  RUNNING: 'Running',
  FINISHED: 'Completed',
  FAILED: 'Failed',
  KILLED: 'Canceled',
};

function mlflowStatus(status: RunStatus): MlflowStatus {
  switch (status) {
    case 'Completed':
      return 'FINISHED';
    case 'Failed':
    case 'NotResponding':
      return 'FAILED';
    case 'Canceled':
      return 'KILLED';
    case 'Running':
    case 'Finalizing':
    case 'CancelRequested':
      return 'RUNNING';
    default:
      return 'SCHEDULED';
  }
}

/** Where the MLflow client puts and finds a run's artifacts: by the tracking endpoint itself. */
export const artifactUri = (runId: string): string => `mlflow-artifacts:/${runId}`;

/** NaN and infinities are text, as JSON has no numbers for them. */
export const metricAnswer = ({ key, value, timestamp, step }: MetricPoint) => ({
  key,
  value: Number.isFinite(value) ? value : String(value),
  timestamp,
  step,
});

/** Every tag that MLflow shows: the run's own, its properties as Azure ML does, and MLflow's. */
export function tagsOf(run: Run): Record<string, string> {
  return {
    ...run.properties,
    'mlflow.rootRunId': run.rootRunId,
    ...(run.parentRunId ? { 'mlflow.parentRunId': run.parentRunId } : {}),
    'mlflow.runName': run.displayName ?? run.runId,
    'mlflow.user': localCloud.clientId,
    ...run.tags,
  };
}

/** A run's own fields, as MLflow names them. */
export function infoOf(run: Run, runs: RunStore) {
  const time = (text: string | undefined) => (text ? Date.parse(text) : undefined);
  return {
    run_uuid: run.runId,
    run_id: run.runId,
    run_name: run.displayName ?? run.runId,
    experiment_id: runs.experiment(run.experimentName).id,
    user_id: localCloud.clientId,
    status: mlflowStatus(run.status),
    start_time: time(run.startTimeUtc ?? run.createdUtc),
    end_time: time(run.endTimeUtc),
    artifact_uri: artifactUri(run.runId),
    lifecycle_stage: run.isDeleted ? 'deleted' : 'active',
  };
}

/** A run as MLflow shows it. */
export function runAnswer(run: Run, runs: RunStore, metrics: MetricStore) {
  const pairs = (values: Record<string, string>) => Object.entries(values).map(([key, value]) => ({ key, value }));
  return {
    info: infoOf(run, runs),
    data: {
      metrics: metrics.latest(run.runId).map(metricAnswer),
      params: pairs(run.params),
      tags: pairs(tagsOf(run)),
    },
    inputs: run.inputs ?? {},
    outputs: run.outputs ?? {},
  };
}
