import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlockBlobClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { adminCredential, deleteGroup, groupUrl, serverImage } from '../local/containers/aciGroup';
import { getRun, registryPath, schedule, upload, waitForRun } from '../local/containers/acrBuild';
import { groupPath, type Answer, type CloudClient } from '../local/containers/cloudClient';
import { localCloud } from '../../local/azure/context';
import { workspaceId } from '../support/mlWorkspace';

const newest = 'api-version=2025-11-01';
/** With which the groups were recorded; the tasks ask with 2023-05-01. */
const version = 'api-version=2024-05-01-preview';
const ml = (path: string): string => `${workspaceId}${path}${path.includes('?') ? '&' : '?'}api-version=2024-04-01`;
const locations = (path: string): string =>
  `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.ContainerInstance/locations/eastus/${path}?${version}`;
const image = 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest';
const condaFile = 'name: example\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n';

/** The requests of the recordings, made to local Azure. What one of them makes, the next one finds. */
export class LocalExchanges {
  private readonly group = `recorded-${randomUUID().slice(0, 8)}`;
  private readonly name = `recorded-${randomUUID().slice(0, 8)}`;
  private made?: Promise<Answer>;
  private asked?: Promise<Answer>;
  private waiting?: Promise<Answer>;
  private registered?: Promise<Answer>;
  private run?: Promise<{ scheduled: Answer; ended: Answer }>;

  constructor(private readonly cloud: CloudClient) {}

  /** By the name of the recording. */
  readonly of: Record<string, () => Promise<Answer>> = {
    ws_get: () => this.cloud.arm('GET', ml('')),
    discovery: async () => {
      const { json } = await this.of.ws_get!();
      return this.cloud.send('GET', json.properties.discoveryUrl as string);
    },
    datastores_default: () => this.cloud.arm('GET', ml('/datastores?count=30&isDefault=true&orderByAsc=false')),
    datastore_get: () => this.cloud.arm('GET', ml('/datastores/workspaceblobstore')),
    datastore_secrets: () => this.cloud.arm('POST', ml('/datastores/workspaceblobstore/listSecrets')),
    compute_get: () => this.cloud.arm('GET', ml(`/computes/${localCloud.compute}`)),
    code_pending_upload: () => this.pendingUpload(),
    code_put_201: async () => {
      const { json } = await this.pendingUpload();
      const codeUri = json.blobReferenceForConsumption.blobUri as string;
      const properties = { codeUri, description: null, tags: {}, properties: { hash_sha256: '0', hash_version: '0' } };
      return this.cloud.arm('PUT', ml(`/codes/${this.name}/versions/2`), { properties });
    },
    env_version_put_201: () =>
      this.cloud.arm('PUT', ml(`/environments/${this.name}/versions/foo`), {
        properties: { image, condaFile, description: 'Environment with inline conda definition' },
      }),
    job_put_201: () => this.job(),
    job_get_queued: () => this.queued(),
    run_details: async () => {
      await this.job();
      const path = `/history/v1.0${workspaceId}/runs/${this.name}/details`;
      for (;;) {
        const answer = await this.cloud.arm('GET', path);
        if (/Completed|Failed|Canceled/.test(answer.json.status as string)) return answer;
        await sleep(100);
      }
    },
    job_cancel_202: async () => {
      await this.queued();
      const name = `${this.name}-canceled`;
      await this.job(name, 'sleep 60');
      return this.cloud.arm('POST', ml(`/jobs/${name}/cancel`));
    },
    model_container_404: () => this.cloud.arm('GET', ml('/models/test_238148868107')),
    model_version_put_201: () => this.model(),
    model_version_get: async () => {
      await this.model();
      return this.cloud.arm('GET', ml(`/models/${this.name}/versions/3`));
    },
    model_container_200: async () => {
      await this.model();
      return this.cloud.arm('GET', ml(`/models/${this.name}`));
    },
    rg_get: () => this.cloud.arm('GET', `${groupPath.replace('/providers', '')}?api-version=2024-11-01`),
    acr_get: () => this.cloud.arm('GET', `${registryPath}?${newest}`),
    acr_schedule_200: async () => (await this.build()).scheduled,
    acr_run_succeeded: async () => (await this.build()).ended,
    aci_put_201: () => this.put(),
    aci_op_pending: async () => {
      await this.put();
      return this.operation!;
    },
    aci_get_running: () => this.running(),
    aci_logs: async () => {
      await this.running();
      return this.cloud.arm('GET', `${groupUrl(this.group)}/containers/bez-test-ci/logs?tail=2&${version}`);
    },
    aci_restart_204: () => this.restart(),
    aci_get_updating: async () => {
      await this.restart();
      return this.updating!;
    },
    aci_get_stopped: async () => {
      await this.running();
      await this.cloud.arm('POST', `${groupUrl(this.group)}/stop?${version}`);
      const answer = await this.get();
      await this.cloud.arm('POST', `${groupUrl(this.group)}/start?${version}`);
      return answer;
    },
    aci_delete_200: async () => {
      await this.running();
      const answer = await this.cloud.arm('DELETE', `${groupUrl(this.group)}?${version}`);
      this.made = undefined;
      return answer;
    },
    aci_get_crashloop: async () => {
      const name = `${this.group}-loop`;
      await this.putGroup(name, ['/bin/sh', '-c', 'exit 0']);
      const answer = await this.until(name, ({ instanceView: view }) =>
        /^CrashLoopBackOff/.test((view?.currentState?.detailStatus as string) ?? ''),
      );
      await deleteGroup(this.cloud, name);
      return answer;
    },
    aci_capabilities: () => this.cloud.arm('GET', locations('capabilities')),
    aci_usages: () => this.cloud.arm('GET', locations('usages')),
  };

  private operation?: Answer;
  private updating?: Answer;

  private get(name = this.group): Promise<Answer> {
    return this.cloud.arm('GET', `${groupUrl(name)}?${version}`);
  }

  private pendingUpload(): Promise<Answer> {
    return this.cloud.arm('POST', ml(`/codes/${randomUUID()}/versions/1/startPendingUpload`), {});
  }

  private async storage() {
    const { json } = await this.of.datastore_secrets!();
    const credential = new StorageSharedKeyCredential(localCloud.storageAccount, json.key as string);
    return { accountUrl: this.cloud.azure.blobUrl, credential };
  }

  private async job(name = this.name, command = 'pip freeze'): Promise<Answer> {
    if (name === this.name && this.asked) return this.asked;
    const { accountUrl, credential } = await this.storage();
    const rows = new BlockBlobClient(
      `${accountUrl}/azureml-blobstore-${localCloud.workspaceId}/recorded/rows.csv`,
      credential,
    );
    await rows.upload('a,b', 3);
    const environment = await this.cloud.arm('PUT', ml(`/environments/${name}/versions/1`), { properties: { image } });
    const put = this.cloud.arm('PUT', ml(`/jobs/${name}`), {
      properties: {
        jobType: 'Command',
        displayName: 'a job',
        experimentName: 'recorded',
        computeId: `${workspaceId}/computes/${localCloud.compute}`,
        environmentId: environment.json.id,
        command,
        identity: { identityType: 'AMLToken' },
        queueSettings: { jobTier: 'Standard' },
        resources: { instanceCount: 1, shmSize: '2g' },
        inputs: {
          testdataset: {
            jobInputType: 'uri_folder',
            uri: 'azureml://datastores/workspaceblobstore/paths/recorded/',
            mode: 'ReadOnlyMount',
          },
        },
      },
    });
    if (name === this.name) this.asked = put;
    return put;
  }

  private queued(): Promise<Answer> {
    return (this.waiting ??= (async () => {
      // So that it is seen, as on a real cluster.
      await this.cloud.azure.faults.named('ml.queue', { detail: { seconds: 1 } });
      await this.job();
      for (;;) {
        const answer = await this.cloud.arm('GET', ml(`/jobs/${this.name}`));
        if (answer.json.properties.status === 'Queued') return answer;
        await sleep(50);
      }
    })());
  }

  private model(): Promise<Answer> {
    return (this.registered ??= this.cloud.arm('PUT', ml(`/models/${this.name}/versions/3`), {
      properties: {
        modelType: 'mlflow_model',
        modelUri: 'azureml://datastores/workspaceblobstore/paths/model',
        description: 'a model',
        tags: { foo: 'bar', abc: '123' },
        flavors: {
          sklearn: { data: { sklearn_version: '0.23.2' } },
          python_function: { data: { loader_module: 'office.plrmodel', python_version: '3.8.5' } },
        },
        stage: 'Production',
      },
    }));
  }

  private build(): Promise<{ scheduled: Answer; ended: Answer }> {
    return (this.run ??= (async () => {
      const sourceLocation = await upload(this.cloud, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /a\n' });
      const scheduled = await schedule(this.cloud, { sourceLocation, imageNames: ['recorded:1'] });
      const { runId } = await waitForRun(this.cloud, scheduled.json.properties.runId as string);
      return { scheduled, ended: await getRun(this.cloud, runId) };
    })());
  }

  private put(): Promise<Answer> {
    return (this.made ??= (async () => {
      const answer = await this.putGroup(this.group);
      this.operation = await this.cloud.arm('GET', String(answer.headers['azure-asyncoperation']));
      return answer;
    })());
  }

  private async putGroup(name: string, command?: string[]): Promise<Answer> {
    const ports = [{ port: 80, protocol: 'TCP' }];
    const identity = await this.cloud.arm(
      'GET',
      `${groupPath}/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2023-01-31`,
    );
    return this.cloud.arm('PUT', `${groupUrl(name)}?${version}`, {
      location: 'eastus',
      identity: command && { type: 'UserAssigned', userAssignedIdentities: { [identity.json.value[0].id]: {} } },
      properties: {
        ...(command && { ipAddress: { type: 'Public', ports } }),
        osType: 'Linux',
        containers: [
          {
            name: 'bez-test-ci',
            properties: {
              image: await serverImage(this.cloud),
              command,
              ports: command && ports,
              resources: { requests: { cpu: 0.5, memoryInGB: 0.5 } },
            },
          },
        ],
        imageRegistryCredentials: [await adminCredential(this.cloud)],
      },
    });
  }

  private async running(): Promise<Answer> {
    await this.put();
    return this.until(
      this.group,
      ({ instanceView: view }, provisioningState) =>
        provisioningState === 'Succeeded' && view?.currentState?.state === 'Running',
    );
  }

  private async restart(): Promise<Answer> {
    await this.running();
    // It is there for a while in Azure.
    await this.cloud.azure.faults.named('aci.slowStart', { detail: { seconds: 0.5 } });
    const answer = await this.cloud.arm('POST', `${groupUrl(this.group)}/restart?${version}`);
    this.updating = await this.get();
    return answer;
  }

  private async until(
    name: string,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    isAsWanted: (container: any, provisioningState: string) => boolean,
  ): Promise<Answer> {
    for (;;) {
      const answer = await this.get(name);
      const { containers, provisioningState } = answer.json.properties;
      if (isAsWanted(containers[0].properties, provisioningState as string)) return answer;
      await sleep(50);
    }
  }
}
