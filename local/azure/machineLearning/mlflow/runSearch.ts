import type { MetricStore } from '../runs/metricStore';
import type { Run, RunStore } from '../runs/runStore';
import { MlflowError } from './mlflowError';
import { infoOf, tagsOf } from './mlflowRun';
import { search, type Value } from './searchFilter';

/** What MLflow calls a run's own fields, by the names that its filters and orders know them by. */
const attributeNames: Record<string, string> = {
  created: 'start_time',
  'start time': 'start_time',
  'run name': 'run_name',
  user_id: 'user_id',
};
const attributes = ['run_id', 'run_uuid', 'run_name', 'status', 'start_time', 'end_time', 'artifact_uri', 'user_id'];

/** Searches runs as MLflow does. */
export class RunSearch {
  constructor(
    private readonly runs: RunStore,
    private readonly metrics: MetricStore,
  ) {}

  /** The newest first among equals. `candidates` are oldest first. */
  select(candidates: Run[], filter: string | undefined, orderBy: string[] | undefined): Run[] {
    return search([...candidates].reverse(), filter, orderBy, (run, kind, name) => this.value(run, kind, name));
  }

  private value(run: Run, kind: string, name: string): Value {
    switch (kind.toLowerCase().replace(/s$/, '')) {
      case 'metric':
        return this.metrics.latest(run.runId).find((point) => point.key === name)?.value;
      case 'param':
      case 'parameter':
        return run.params[name];
      case 'tag':
        return tagsOf(run)[name];
      case 'attribute':
      case 'attr':
      case 'run': {
        const field = attributeNames[name.toLowerCase()] ?? name;
        if (attributes.includes(field)) {
          return (infoOf(run, this.runs) as Record<string, Value>)[field];
        }
      }
    }
    throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid attribute key '${kind}.${name}' specified.`);
  }
}
