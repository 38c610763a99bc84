import type { FastifyInstance } from 'fastify';
import { localCloud } from '../../context';
import type { Job, JobStore } from '../jobs/jobStore';
import { dataPlaneRoute } from '../resourceIds';

/** As the services of data and of models name what a job's output is. Source: azure-ai-ml, get_job_output_uris_from_dataplane. */
const modelTypes: Record<string, string> = { custom_model: 'CustomModel', mlflow_model: 'MLFlowModel', triton_model: 'TritonModel' }; // prettier-ignore
const workspace = `azureml://locations/${localCloud.location}/workspaces/${localCloud.workspaceId}`;

/** What a job left, by the names of its outputs, each as an asset of the service that knows where it lies. */
export function runOutputs(job: Job | undefined): Record<string, { assetId: string; type: string }> {
  return Object.fromEntries(
    Object.keys(job?.outputUris ?? {}).map((output) => {
      const type = job?.specification.outputs?.[output]?.jobOutputType ?? 'uri_folder';
      const service = type in modelTypes ? 'models' : 'data';
      const assetId = `${workspace}/${service}/azureml_${job?.name}_output_${service}_${output}/versions/1`;
      return [output, { assetId, type: modelTypes[type] ?? type }];
    }),
  );
}

/** Where such assets lie: the data planes of data and of models, for clients that download a job's outputs. */
export function registerRunOutputs(app: FastifyInstance, jobs: JobStore): void {
  const resolved = (ids: string[], service: string) =>
    ids.flatMap((id) => {
      const [, name = '', output = ''] = new RegExp(`/${service}/azureml_(.+)_output_${service}_([^/]+)/versions/1$`).exec(id) ?? []; // prettier-ignore
      const job = jobs.get(name);
      const uri = job?.outputUris[output];
      const type = runOutputs(job)[output]?.type ?? '';
      return uri ? [{ id, uri: longForm(uri), type }] : [];
    });
  for (const [service, route, field] of [
    ['data', 'dataversion', 'uri'],
    ['modelregistry', 'models', 'path'],
  ] as const) {
    app.post<{ Body: { values?: string[] } | undefined }>(
      `${dataPlaneRoute(service)}/${route}/batchGetResolvedUris`,
      async ({ body }) => ({
        values: Object.fromEntries(
          resolved(body?.values ?? [], service === 'data' ? 'data' : 'models').map(({ id, uri, type }) => [
            id,
            { [field]: uri, type },
          ]),
        ),
      }),
    );
  }
}

/** As the service says it: with the subscription, the group and the workspace. */
const longForm = (uri: string): string =>
  uri.replace(
    /^azureml:\/\/datastores\//,
    `azureml://subscriptions/${localCloud.subscriptionId}/resourcegroups/${localCloud.resourceGroup}/workspaces/${localCloud.workspace}/datastores/`,
  );
