import type { Experiment, RunStore } from '../runs/runStore';
import { MlflowError, required } from './mlflowError';
import { inView, pageOf, search, type Value } from './searchFilter';
import type { Pair } from './trackedRuns';

export interface ExperimentQuery {
  filter?: string;
  max_results?: number | string;
  order_by?: string[];
  page_token?: string;
  view_type?: string;
}

/** MLflow's experiments: create, read, tag, delete and search. */
export class TrackedExperiments {
  constructor(private readonly runs: RunStore) {}

  find(wanted: string | undefined): Experiment {
    const id = required('experiment_id', wanted);
    // MLflow's clients know the default experiment by this number.
    const experiment = id === '0' ? this.runs.experiment('Default') : this.runs.findExperiment({ id });
    if (experiment) return experiment;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
  }

  named(wanted: string | undefined): Experiment {
    const name = required('experiment_name', wanted);
    const experiment = this.runs.findExperiment({ name });
    if (experiment) return experiment;
    throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
  }

  create(wanted: string | undefined, tags: Pair[] | undefined): Experiment {
    const name = required('name', wanted);
    if (this.runs.findExperiment({ name })) {
      throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Experiment '${name}' already exists.`);
    }
    const experiment = this.runs.experiment(name);
    if (tags?.length) {
      this.runs.changeExperiment(name, { tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) });
    }
    return experiment;
  }

  search({ filter, max_results: size, order_by: order, page_token: token, view_type: view }: ExperimentQuery) {
    const isSeen = inView(view);
    const candidates = this.runs.listExperiments().filter(({ isDeleted }) => isSeen(isDeleted));
    const found = search(candidates, filter, order ? [order].flat() : ['last_update_time DESC'], valueOf);
    const { page, next } = pageOf(found, size, token, 1000);
    return { experiments: page.map(experimentAnswer), ...next };
  }

  setTag({ name, tags }: Experiment, key: string | undefined, value: string | undefined): void {
    this.runs.changeExperiment(name, { tags: { ...tags, [required('key', key)]: String(value ?? '') } });
  }

  setDeleted({ name }: Experiment, isDeleted: boolean): void {
    this.runs.changeExperiment(name, { isDeleted });
  }
}

export const experimentAnswer = ({ id, name, createdUtc, tags = {}, isDeleted }: Experiment) => ({
  experiment_id: id,
  name,
  artifact_location: '',
  lifecycle_stage: isDeleted ? 'deleted' : 'active',
  creation_time: Date.parse(createdUtc),
  last_update_time: Date.parse(createdUtc),
  tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
});

function valueOf(experiment: Experiment, kind: string, field: string): Value {
  if (/^tags?$/i.test(kind)) return experiment.tags?.[field];
  const shown = experimentAnswer(experiment) as Record<string, unknown>;
  const known = ['name', 'experiment_id', 'creation_time', 'last_update_time'];
  if (/^(attributes?|attr|experiment)$/i.test(kind) && known.includes(field)) return shown[field] as string;
  throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid attribute key '${kind}.${field}' specified.`);
}
