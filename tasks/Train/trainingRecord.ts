import type { JobEnd } from '../common/azure/ml/jobs/follow/followJob';
import { studioUrl, type Job } from '../common/azure/ml/jobs/rest/jobs';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { toMetricValues, type ModelSection, type TrainingSection } from '../common/record/record';

/** What the record says of the training. */
export function trainingSection(
  job: Job,
  end: Pick<JobEnd, 'status' | 'startedAt' | 'endedAt'>,
  metrics: Readonly<Record<string, number>>,
  more: Pick<TrainingSection, 'codeHash' | 'dataHashes' | 'goldenRequests' | 'cost' | 'dataChecks'>,
): TrainingSection {
  const { jobType, experimentName, computeId, environmentId, inputs } = job.properties;
  return {
    jobName: job.name,
    jobType,
    status: end.status,
    experimentName: experimentName ?? 'Default',
    studioUrl: studioUrl(job),
    compute: computeId?.split('/').at(-1),
    startedAt: end.startedAt,
    endedAt: end.endedAt,
    metrics: toMetricValues(metrics),
    data: Object.entries(inputs ?? {}).flatMap(([name, input]) =>
      input?.uri ? [{ name, type: input.jobInputType, uri: input.uri }] : [],
    ),
    environment: environmentId ?? undefined,
    ...more,
  };
}

export function modelSection(
  model: RegisteredModel,
  workspace: { subscriptionId: string; resourceGroup: string; name: string },
): ModelSection {
  const { name, version, id, type, uri } = model;
  return { name, version, id, type, uri, workspace };
}
