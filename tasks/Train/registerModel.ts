import { Outage } from '../common/azure/http/outage';
import { studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import { costProperty, type RegisteredModel } from '../common/azure/ml/registeredModel';
import type { TaskContext } from '../common/task/taskContext';
import type { TrainInputs } from './inputs';
import type { CostEstimate } from './cost/estimateCost';
import { registerOnce } from './modelRegistration';
import { modelTags } from './modelTags';
import { findOutputModel, type OutputModel } from './outputModel';
import { jobProvenance, type Provenance } from './provenance';
import type { Services } from './services';
import type { TrainedRun } from './trainedRun';

export interface Registration {
  readonly model: RegisteredModel;
  /** False where an earlier try of the step has registered it. */
  readonly isNew: boolean;
  /** Where the job left it. */
  readonly output: OutputModel;
}

/**
 * Registers the model that the job left.
 * @throws TaskFailure that lists what is there, where the model is not
 */
export async function registerModel(
  asked: NonNullable<TrainInputs['model']>,
  job: Job,
  run: Pick<TrainedRun, 'runId' | 'metrics'> & { readonly cost: CostEstimate },
  provenance: Provenance,
  tags: Readonly<Record<string, string>>,
  services: Services,
  { log, clock, signal }: TaskContext,
): Promise<Registration> {
  const look = () => findOutputModel(job, run.runId, asked, services.artifacts, services.listOutput);
  const found = await new Outage(log, clock, { follows: true }).insist(look, signal);
  if (found.path !== asked.path) {
    log.info(`There is nothing under "${asked.path}", but one model elsewhere in the job's outputs: ${found.path}.`);
  }
  const url = studioUrl(job);
  const properties = {
    ...jobProvenance(provenance),
    'mlops.job': job.name,
    ...(url && { 'mlops.studioUrl': url }),
    ...(run.cost.gaps.length === 0 && { [costProperty]: `${run.cost.amount} ${run.cost.currency}` }),
  };
  const model = {
    name: asked.name,
    type: typeOf(asked, found, log),
    uri: found.uri,
    jobName: run.runId,
    description: asked.description,
    tags: modelTags(tags, run.metrics),
    properties,
  };
  const registered = await new Outage(log, clock).insist(() => registerOnce(services.models, model), signal);
  const text = `${registered.model.name} version ${registered.model.version}`;
  log.info(
    registered.isNew ? `Registered the model ${text}.` : `The model of this job is already registered: ${text}.`,
  );
  return { ...registered, output: found };
}

function typeOf(
  { type, path }: NonNullable<TrainInputs['model']>,
  { isMlflow }: OutputModel,
  log: TaskContext['log'],
): string {
  if (type !== 'auto') return type;
  if (isMlflow === undefined) {
    log.warning(
      `The files of the job's output ${path} cannot be listed: its datastore is not blob storage, or the service connection's identity may not read it. Its model is registered as custom_model; should it be an MLflow model, set the input modelType to mlflow_model.`,
    );
  }
  return isMlflow ? 'mlflow_model' : 'custom_model';
}
