import type { Run } from '../runs/runStore';
import { resourceId, workspaceArmId } from '../resourceIds';
import { shownWebhooks } from './jobNotifications';
import type { Job } from './jobStore';

/** A job as the service at the URL shows it; what the request left out is null (facts on Azure, §2). */
export function jobAnswer(url: string, job: Job, run: Run, isStep = false) {
  return {
    id: resourceId('jobs', job.name),
    name: job.name,
    type: 'Microsoft.MachineLearningServices/workspaces/jobs',
    // A step of a pipeline is answered without them. Source: azure-ai-ml, test_pipeline_job_get_child_run.
    ...(isStep ? {} : { properties: properties(url, job, run) }),
    systemData: job.system,
  };
}

function properties(url: string, job: Job, run: Run) {
  const { specification } = job;
  const host = new URL(url).host;
  const service = (jobServiceType: string, endpoint: string) => ({
    jobServiceType,
    port: null,
    endpoint,
    status: null,
    errorMessage: null,
    properties: null,
    nodes: null,
  });
  return {
    ...unset(specification.jobType),
    ...specification,
    description: run.description ?? null,
    displayName: run.displayName ?? null,
    tags: run.tags,
    properties: run.properties,
    status: run.status,
    isArchived: specification.isArchived ?? false,
    services: {
      ...specification.services,
      Tracking: service('Tracking', `azureml://${host}/mlflow/v1.0${workspaceArmId}?`),
      Studio: service('Studio', `${url}/runs/${job.name}?wsid=${workspaceArmId}`),
    },
    outputs: {
      ...specification.outputs,
      default: {
        description: null,
        jobOutputType: 'uri_folder',
        mode: 'ReadWriteMount',
        uri: `azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.${job.name}`,
      },
    },
    ...(job.webhooks && { notificationSetting: shownWebhooks(job) }),
    ...(job.parent ? { parentJobName: job.parent } : {}),
  };
}

function unset(jobType: string): Record<string, unknown> {
  const all = {
    computeId: null,
    componentId: null,
    identity: null,
    inputs: {},
    notificationSetting: null,
  };
  switch (jobType) {
    case 'Command':
      return {
        ...all,
        codeId: null,
        distribution: null,
        environmentVariables: {},
        limits: null,
        parameters: {},
        queueSettings: null,
        resources: { instanceCount: 1, instanceType: null, properties: {}, dockerArgs: null, shmSize: '2g' },
      };
    case 'Sweep':
      return { ...all, earlyTermination: null, queueSettings: null };
    default:
      return { ...all, sourceJobId: null, settings: {} };
  }
}
