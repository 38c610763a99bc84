import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { ContainerGroups } from '../../tasks/common/azure/containerGroups/containerGroups';
import { usageOf, whereItFits } from '../../tasks/common/azure/containerGroups/regions';
import { AzureFailure } from '../../tasks/common/azure/http/azureFailure';
import type { AzureSession } from '../../tasks/common/azure/http/session';
import { RunHistory } from '../../tasks/common/azure/ml/jobs/follow/runHistory';
import { Jobs, studioUrl } from '../../tasks/common/azure/ml/jobs/rest/jobs';
import { Models } from '../../tasks/common/azure/ml/models';
import type { TaskLog } from '../../tasks/common/log';
import { uploadSnapshot } from '../../tasks/common/azure/ml/codeSnapshot';
import { computeState } from '../../tasks/common/azure/ml/jobs/follow/computeState';
import type { BlobTransfer } from '../../tasks/common/azure/storage/blobTransfer';
import { uploadData } from '../../tasks/common/azure/storage/dataUpload';
import { Environments } from '../../tasks/common/azure/ml/environments';
import { Workspace } from '../../tasks/common/azure/ml/workspace';
import { readContainerRegistry } from '../../tasks/common/azure/registry/containerRegistry';
import { ContainerRegistryTasks } from '../../tasks/common/azure/registry/containerRegistryTasks';
import { openDatastore } from '../../tasks/common/azure/storage/datastoreContainer';
import { findCause } from '../../tasks/common/deployment/causes';
import { PatientSession } from '../support/patientSession';
import { startSecureServer } from '../support/secureServer';
import { recordingsOrSkip, type Recording } from './recordings';

const { signal } = new AbortController();

/** What is on the way of every request: the session's own pipeline, and a server that answers as recorded. */
class RecordedAzure {
  readonly session: AzureSession;
  readonly requests: Array<{ method: string; url: string; body: string }> = [];
  private answers: Array<[RegExp, Recording]> = [];

  private constructor(
    readonly url: string,
    certificateAuthorities: string,
    readonly close: () => void,
  ) {
    const connection = {
      resourceManagerUrl: url,
      audience: 'https://management.azure.com',
      subscriptionId: '00000000-0000-0000-0000-000000000000',
    };
    this.session = new PatientSession(connection as never, { certificateAuthorities });
  }

  static async start(): Promise<RecordedAzure> {
    const listener: Parameters<typeof startSecureServer>[0] = (request, response) => {
      void read(request).then((body) => {
        const { method = '', url = '' } = request;
        azure.requests.push({ method, url, body });
        const found = azure.answers.find(([pattern]) => pattern.test(`${method} ${url}`))?.[1];
        if (!found)
          return response.writeHead(404).end(JSON.stringify({ error: { code: 'NotRecorded', message: url } }));
        const hosts = JSON.stringify(found.body ?? '').replace(/https:\/\/[\w.-]*(api\.azureml\.ms|management\.azure\.com)/g, azure.url); // prettier-ignore
        const moved = JSON.parse(hosts) as unknown;
        // Operations are watched where the answer says.
        const headers = Object.entries(found.headers).map(([name, value]) => [name, value.replace(/^https:\/\/[^/]+/, azure.url)]); // prettier-ignore
        response.writeHead(found.status, Object.fromEntries(headers) as Record<string, string>);
        response.end(found.body === null ? undefined : typeof found.body === 'string' ? found.body : JSON.stringify(moved)); // prettier-ignore
      });
    };
    const server = await startSecureServer(listener);
    const azure = new RecordedAzure(server.url, server.certificateAuthorities, server.close);
    return azure;
  }

  answer(pattern: RegExp, recording: Recording): this {
    this.answers.unshift([pattern, recording]);
    return this;
  }

  forget(): void {
    this.answers = [];
    this.requests.length = 0;
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface Tools {
  azure: RecordedAzure;
  workspace: Workspace;
  groups: ContainerGroups;
  recording(name: string): Recording;
}

/** What each recording is to show of the product's own clients. Every recording is in here. */
const checks: Record<string, (tools: Tools, recording: Recording) => Promise<void>> = {
  ws_get: async ({ azure, workspace }, recording) => {
    azure.answer(/GET .*workspaces\/w\?/, recording);
    const resource = await workspace.resource();
    assert.equal(resource.location, 'eastus2');
    assert.match(resource.containerRegistry ?? '', /registries\/crsrhiv4idewaau$/);
    assert.match(await workspace.mlflowUrl(), /^https:.*\/api\/2\.0\/mlflow$/);
  },
  discovery: async ({ azure, workspace, recording }, discovery) => {
    azure.answer(/GET .*workspaces\/w\?/, recording('ws_get')).answer(/GET .*discovery/, discovery);
    assert.equal(await workspace.dataPlaneUrl(), azure.url);
  },
  datastores_default: async ({ azure, workspace, recording }, recorded) => {
    azure
      .answer(/GET .*datastores\/w/, recording('datastore_get'))
      .answer(/listSecrets/, recording('datastore_secrets'));
    azure.answer(/GET .*datastores\?.*isDefault=true/, recorded);
    const uri = await uploadData(workspace, quietTransfer, __filename, { log: quietLog, signal });
    assert.match(
      uri,
      /^azureml:\/\/datastores\/workspaceblobstore\/paths\/LocalUpload\/[0-9a-f]{64}\/recordings\.test\.ts$/,
    );
  },
  datastore_get: openRecordedDatastore,
  datastore_secrets: openRecordedDatastore,
  compute_get: async ({ azure, workspace }, recording) => {
    azure.answer(/GET .*computes\/x/, recording);
    assert.match((await computeState(workspace, '/computes/x', signal)) ?? '', /0 of at most 2 nodes are there/);
  },
  code_pending_upload: uploadRecordedCode,
  code_put_201: uploadRecordedCode,
  env_version_put_201: async ({ azure, workspace }, recording) => {
    azure.answer(/PUT .*environments/, recording);
    const id = await new Environments(workspace).ensure({ image: 'i', condaFile: 'name: e' }, signal);
    assert.match(id, /\/environments\/test_281837473308\/versions\/foo$/);
    assert.match(azure.requests.at(-1)!.url, /\/environments\/CliV2AnonymousEnvironment\/versions\/[0-9a-f]{32}\?/);
  },
  job_put_201: async ({ azure, workspace }, recording) => {
    azure.answer(/PUT .*jobs/, recording);
    const job = await new Jobs(workspace).create('x', { jobType: 'Command' });
    assert.equal(job.properties.status, 'Starting');
    assert.match(studioUrl(job) ?? '', /^https:\/\/ml\.azure\.com\/runs\/test_589279419362\?wsid=/);
  },
  job_get_queued: async ({ azure, workspace }, recording) => {
    azure.answer(/GET .*jobs/, recording);
    assert.equal((await new Jobs(workspace).find('x'))?.properties.status, 'Queued');
    // The steps of a pipeline were recorded without properties: no task reads them as jobs, and none would trip over one.
    const { properties: _properties, ...child } = recording.body;
    azure.answer(/GET .*jobs/, { ...recording, body: child });
    await assert.rejects(new Jobs(workspace).find('x'), AzureFailure);
  },
  job_cancel_202: async ({ azure, workspace }, recording) => {
    azure.answer(/POST .*cancel/, recording);
    await new Jobs(workspace).requestCancel('x');
  },
  run_details: async ({ azure, workspace, recording }, details) => {
    azure.answer(/GET .*workspaces\/w\?/, recording('ws_get')).answer(/GET .*discovery/, recording('discovery'));
    azure.answer(/GET .*history.*details/, details);
    const found = await new RunHistory(workspace).details('x');
    assert.equal(found.status, 'Completed');
    assert.ok(found.logFiles?.['user_logs/std_log.txt']);
  },
  model_container_200: async ({ azure, workspace, recording }, container) => {
    azure.answer(/GET .*models\/m\?/, container).answer(/GET .*versions\/2/, recording('model_container_404'));
    azure.answer(/PUT .*versions/, recording('model_version_put_201'));
    await new Models(workspace).register({ name: 'm', type: 'mlflow_model', uri: 'azureml://jobs/x' });
    assert.match(azure.requests.at(-1)!.url, /models\/m\/versions\/2\?/);
  },
  model_container_404: async ({ azure, workspace }, recording) => {
    azure.answer(/./, recording);
    assert.equal(await new Models(workspace).find('m', '1'), undefined);
    azure.answer(/./, { ...recording, status: 400 });
    await assert.rejects(
      new Models(workspace).find('m', '1'),
      /answered 400 UserError to GET .*not found\. Model container with name: test_238148868107 not found\./,
    );
  },
  model_version_get: async ({ azure, workspace, recording }, version) => {
    azure.answer(/GET .*versions\/3/, version).answer(/PUT .*versions\/3/, recording('model_version_put_201'));
    const model = await new Models(workspace).tag('m', '3', { champion: 'now' });
    assert.equal(model.type, 'mlflow_model');
    const sent = JSON.parse(azure.requests.at(-1)!.body) as { properties: Record<string, unknown> };
    assert.deepEqual(sent.properties.tags, { foo: 'bar', abc: '123', champion: 'now' });
    assert.equal(sent.properties.stage, 'Production', 'what the product does not know is written back as it was');
  },
  model_version_put_201: async ({ azure, workspace }, recording) => {
    azure.answer(/GET .*versions\/3/, { ...recording, status: 200 });
    assert.deepEqual((await new Models(workspace).get('m', '3')).tags, { foo: 'bar', abc: '123' });
  },
  rg_get: async ({ azure, groups }, recording) => {
    azure.answer(/GET .*resourceGroups\/rg\?/, recording);
    assert.equal(await groups.resourceGroupLocation(), 'westus');
  },
  acr_get: async ({ azure }, recording) => {
    azure.answer(/GET/, recording);
    const registry = await readContainerRegistry(azure.session, '/registries/r');
    assert.deepEqual([registry.loginServer, registry.hasRepositoryPermissions], ['clireg000002.azurecr.io', true]);
  },
  acr_schedule_200: async ({ azure }, recording) => {
    azure.answer(/POST .*scheduleRun/, recording);
    const tasks = new ContainerRegistryTasks(azure.session, { id: '/registries/r', hasRepositoryPermissions: true });
    const run = await tasks.schedule({ sourceLocation: 's', dockerFilePath: 'd', imageNames: [], arguments: [], customRegistries: {}, timeout: 300 }); // prettier-ignore
    assert.deepEqual([run.runId, run.status, run.outputImages], ['cf1', 'Queued', []]);
    const { url, body } = azure.requests.at(-1)!;
    assert.match(url, /api-version=2025-03-01-preview/);
    assert.deepEqual((JSON.parse(body) as { credentials: unknown }).credentials, {
      sourceRegistry: { identity: '[caller]' },
      customRegistries: {},
    });
  },
  acr_run_succeeded: async ({ azure }, recording) => {
    azure.answer(/GET .*runs/, recording);
    const tasks = new ContainerRegistryTasks(azure.session, { id: '/registries/r', hasRepositoryPermissions: false });
    const run = await tasks.run('cf2', signal);
    assert.equal(run.status, 'Succeeded');
    assert.match(run.outputImages[0]?.digest ?? '', /^sha256:/);
  },
  aci_put_201: async ({ azure, groups, recording }, put) => {
    const operation = 'https://management.azure.com/operations/1?api-version=2018-06-01&t=1&c=a%2Bb&s=x_-&h=y';
    azure.answer(/PUT/, { ...put, headers: { ...put.headers, 'Azure-AsyncOperation': operation } });
    azure.answer(/GET .*operations/, recording('aci_op_pending'));
    const container = { name: 'c', image: 'i', resources: { requests: { cpu: 1, memoryInGB: 1 } } };
    const provisioning = await groups.put('x', { location: 'westus', osType: 'Linux', containers: [container] });
    assert.equal(await provisioning.failure(), undefined);
  },
  aci_op_pending: async (tools, recording) => checks.aci_put_201!(tools, tools.recording('aci_put_201')).then(() => assert.equal(recording.body.status, 'Pending')), // prettier-ignore
  aci_get_running: async (tools, recording) => {
    const group = await foundGroup(tools, recording);
    assert.equal(group.containers[0]?.instanceView?.currentState?.startTime?.toISOString(), '2024-10-29T20:32:31.137Z');
  },
  aci_get_updating: async (tools, recording) => {
    assert.equal((await foundGroup(tools, recording)).provisioningState, 'Updating');
  },
  aci_get_stopped: async (tools, recording) => {
    const group = await foundGroup(tools, recording);
    assert.equal(group.instanceView?.state, 'Stopped');
    const { name } = causeOf(group);
    assert.ok(name !== 'outOfMemory' && name !== 'probeFailing', name);
  },
  aci_get_crashloop: async (tools, recording) => {
    assert.equal(causeOf(await foundGroup(tools, recording)).name, 'ended');
  },
  aci_killing_texts: async (tools, { body }) => {
    const crashed = await foundGroup(tools, tools.recording('aci_get_crashloop'));
    const view = crashed.containers[0]!.instanceView!;
    for (const message of body as string[]) {
      const killing = { name: 'Killing', message, type: 'Normal' };
      const unhealthy = { name: 'Unhealthy', message: 'Liveness probe failed: HTTP probe failed with statuscode: 500' };
      const with137 = (events: object[]) => ({
        ...crashed,
        containers: [
          {
            ...crashed.containers[0]!,
            instanceView: { ...view, previousState: { ...view.previousState, exitCode: 137, finishTime: undefined }, events }, // prettier-ignore
          },
        ],
      });
      assert.equal(causeOf(with137([killing]) as never).name, 'killed', message);
      assert.equal(causeOf(with137([unhealthy, killing]) as never).name, 'probeFailing', message);
      assert.equal(causeOf(with137([]) as never).name, 'outOfMemory');
    }
  },
  aci_restart_204: async ({ azure, groups }, recording) => {
    azure.answer(/POST .*restart/, recording);
    await groups.restart('x');
  },
  aci_delete_200: async ({ azure, groups }, recording) => {
    azure.answer(/DELETE/, recording);
    await groups.remove('x');
  },
  aci_logs: async ({ azure, groups }, recording) => {
    azure.answer(/GET .*logs/, recording);
    assert.equal((await groups.log('x', 'c', 2)).length, 2);
  },
  aci_capabilities: async ({ azure, groups }, recording) => {
    azure.answer(/GET .*capabilities/, recording);
    const regions = { resourceTypes: [{ resourceType: 'containerGroups', locations: ['East US', 'West US'] }] };
    azure.answer(/GET .*ContainerInstance\?/, { ...recording, body: regions });
    const container = { name: 'c', image: 'i', resources: { requests: { cpu: 4, memoryInGB: 16 } } };
    assert.equal(
      await whereItFits(groups, { location: 'eastus', osType: 'Linux', containers: [container] }, signal),
      'A group has at most 32 CPU and 256 GB in eastus. By their limits it would fit in westus.',
    );
  },
  aci_usages: async ({ azure, groups }, recording) => {
    azure.answer(/GET .*usages/, recording);
    assert.match(await usageOf(groups, 'eastus', signal), /95 of 4000 Standard Cores/);
  },
};

/** What has been uploaded already, and what takes anything. */
const quietTransfer = {
  properties: async () => ({ metadata: { upload_status: 'completed' } }),
  uploadAll: async () => undefined,
  setMetadata: async () => undefined,
} as unknown as BlobTransfer;
const quietLog = { info: () => undefined } as unknown as TaskLog;

async function uploadRecordedCode({ azure, workspace, recording }: Tools): Promise<void> {
  azure.answer(/PUT .*codes/, recording('code_put_201')).answer(/POST .*startPendingUpload/, recording('code_pending_upload')); // prettier-ignore
  azure.answer(/GET .*codes/, { ...recording('model_container_404'), status: 404 });
  const { id } = await uploadSnapshot(workspace, quietTransfer, __dirname, { log: quietLog, signal });
  assert.match(id, /\/codes\/test_868708958851\/versions\/2$/);
  const { properties } = JSON.parse(azure.requests.at(-1)!.body) as { properties: { codeUri: string } };
  assert.match(properties.codeUri, /^https:\/\/.*\/contract$/);
}

async function openRecordedDatastore({ azure, workspace, recording }: Tools): Promise<void> {
  azure.answer(/GET .*datastores/, recording('datastore_get')).answer(/listSecrets/, recording('datastore_secrets'));
  const { sasUrl } = await openDatastore(workspace, 'workspaceblobstore', signal);
  assert.match(
    sasUrl.reveal(),
    /^https:\/\/samcw32zcnpjldw\.blob\.core\.windows\.net\/azureml-blobstore-[\w-]+\?.*sig=/,
  );
  assert.equal(azure.requests.at(-1)!.body, '');
}

async function foundGroup({ azure, groups }: Tools, recording: Recording) {
  azure.answer(/GET .*containerGroups/, recording);
  const group = await groups.find('x');
  assert.ok(group);
  return group;
}

function causeOf(group: Parameters<typeof findCause>[0]['definition']) {
  return findCause({ group, definition: group, logs: {}, minutes: 10, reason: 'timeout' });
}

describe("Recorded answers of Azure to the product's clients", function () {
  this.timeout(60_000);
  let recordings: Map<string, Recording>;
  let azure: RecordedAzure;
  before(async function () {
    recordings = recordingsOrSkip(this);
    azure = await RecordedAzure.start();
  });
  after(() => azure?.close());
  beforeEach(() => azure.forget());
  const recording = (name: string): Recording => {
    const found = recordings.get(name);
    assert.ok(found, `There is no recording ${name}.`);
    return found;
  };
  const tools = (): Tools => ({
    azure,
    workspace: new Workspace(azure.session, 'rg', 'w'),
    groups: new ContainerGroups(azure.session, 'rg'),
    recording,
  });

  it('are each held against a client', () => {
    assert.deepEqual(
      [...recordings.keys()].filter((name) => !(name in checks)),
      [],
    );
  });

  for (const [name, check] of Object.entries(checks)) {
    it(`${name} is understood`, () => check(tools(), recording(name)));
  }

  it('of which one is an error page that calls itself JSON are failures with their status', async () => {
    const page = { ...recording('rg_get'), status: 503, body: '<html>Bad gateway</html>', headers: { 'content-type': 'application/json', 'retry-after': '0' } }; // prettier-ignore
    azure.answer(/./, page);
    const failed = (error: unknown) =>
      error instanceof AzureFailure && error.status === 503 && /: Bad gateway$/.test(error.message);
    await assert.rejects(azure.session.request({ url: '/x' }), failed);
    await assert.rejects(tools().groups.find('x'), failed);
  });

  it('show spaces as %20 in what was asked', async () => {
    azure.answer(/./, recording('rg_get'));
    await azure.session.request({ url: '/x', query: { $orderBy: 'createdtime desc', a: '1+1' } });
    assert.equal(azure.requests.at(-1)!.url, '/x?%24orderBy=createdtime%20desc&a=1%2B1');
  });
});
