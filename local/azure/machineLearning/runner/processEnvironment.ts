import { localCloud, type LocalAzureContext } from '../../context';
import { workspaceArmId } from '../resourceIds';
import type { Run } from '../runs/runStore';

/** What a job may see of the environment of local Azure itself: how this machine works, never what it was started with. */
const passedOn =
  /^(HOME|LANG|LC_\w+|TZ|TMPDIR|PIP_\w+|OPENBLAS_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|https?_proxy|no_proxy|LD_LIBRARY_PATH)$/i;

export interface JobEnvironment {
  run: Run;
  experimentId: string;
  /** Directory of the Python environment's programs. */
  bin: string;
  /** For MLflow and the other data planes. */
  token: string;
  /** From the job's own environmentVariables. */
  own: Record<string, string>;
}

/** The environment of a job's process: Azure ML's own variables, MLflow's way to this run, and the job's. */
export function processEnvironment(context: LocalAzureContext, job: JobEnvironment): Record<string, string> {
  const { run } = job;
  const inherited = Object.entries(process.env).filter(([name, value]) => passedOn.test(name) && value !== undefined);
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    PATH: `${job.bin}:${process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'}`,
    VIRTUAL_ENV: job.bin.replace(/\/bin$/, ''),
    // A line appears in the live log when it is printed, not when a buffer is full.
    PYTHONUNBUFFERED: '1',
    AZUREML_RUN_ID: run.runId,
    AZUREML_ROOT_RUN_ID: run.rootRunId,
    AZUREML_RUN_TOKEN: job.token,
    AZUREML_EXPERIMENT_NAME: run.experimentName,
    AZUREML_EXPERIMENT_ID: job.experimentId,
    AZUREML_EXPERIMENT_SCOPE: `${workspaceArmId}/experiments/${run.experimentName}`,
    AZUREML_WORKSPACE_ID: localCloud.workspaceId,
    AZUREML_WORKSPACE_SCOPE: workspaceArmId,
    AZUREML_ARM_SUBSCRIPTION: localCloud.subscriptionId,
    AZUREML_ARM_RESOURCEGROUP: localCloud.resourceGroup,
    AZUREML_ARM_WORKSPACE_NAME: localCloud.workspace,
    AZUREML_ARM_PROJECT_NAME: run.experimentName,
    AZUREML_SERVICE_ENDPOINT: context.url,
    AZUREML_DISCOVERY_SERVICE_ENDPOINT: `${context.url}/discovery`,
    MLFLOW_TRACKING_URI: `${context.url}/mlflow/v1.0${workspaceArmId}`,
    MLFLOW_TRACKING_TOKEN: job.token,
    MLFLOW_TRACKING_SERVER_CERT_PATH: context.caFile,
    MLFLOW_RUN_ID: run.runId,
    MLFLOW_EXPERIMENT_NAME: run.experimentName,
    MLFLOW_EXPERIMENT_ID: job.experimentId,
    ...job.own,
  };
}
