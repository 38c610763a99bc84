/** Package-Image's build context beside that of `az acr build`, and a rebuild of what did not change. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { LocalAzure } from '../local/azure/connection/localAzure';
import { localCloud } from '../local/azure/context';
import { append, emptyRecord } from '../tasks/common/record/chain';
import { runBuiltTask, TestJob } from '../test/support/agent';
import { MlWorkspace, workspaceId } from '../test/support/mlWorkspace';
import { startAzureProcess } from './azureProcess';
import { benchConnection } from './benchConnection';
import { bundled, measuredProcess, pythonWith } from './measuredProcess';
import { median, toRow, type Row } from './rows';

const root = path.join(__dirname, '..');
const referenceVersion = '2.91.0';
const modelBytes = 1024 ** 3;
const dockerfile = 'FROM scratch\nCOPY . /model/\n';

interface Result {
  seconds: number;
  /** Peak of resident memory. */
  megabytes: number;
}

export async function bench(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-package-'));
  const python = pythonWith('azure-cli', referenceVersion);
  const { azure, stop } = await startAzureProcess(path.join(scratch, 'azure'));
  try {
    // First, as the large builds stay in the queue, and would be taken before any other.
    const rebuild = await rebuildRow(azure);
    return [...(await contextRows(azure, python, scratch)), rebuild];
  } finally {
    await stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function contextRows(azure: LocalAzure, python: string, scratch: string): Promise<Row[]> {
  const folder = path.join(scratch, 'folder');
  await largeFile(path.join(folder, 'weights.bin'));
  const name = await registerModel(azure, (container, prefix) =>
    container
      .getBlockBlobClient(`${prefix}/weights.bin`)
      .uploadStream(createReadStream(path.join(folder, 'weights.bin')), 8 << 20, 4),
  );
  writeFileSync(path.join(folder, 'Dockerfile'), dockerfile);
  // The builds themselves are not measured: they would only be in the way of what is.
  await azure.faults.named('acr.stayQueued', { times: 2, detail: { seconds: 3600 } });
  const ours = await runOurs(azure, name);
  const theirs = await runReference(azure, python, folder, path.join(scratch, 'az'));
  const method =
    'One run of each, in a process of its own, from its start to the scheduled build; ours reads the model from blob storage, az from the folder.';
  return [
    toRow('package', {
      name: 'context of a 1 GiB model',
      ours: ours.seconds,
      unit: 's',
      reference: { name: 'az acr build', value: theirs.seconds },
      goal: { ratioAtMost: 0.2 },
      method,
    }),
    toRow('package', {
      name: 'context of a 1 GiB model: memory',
      ours: ours.megabytes,
      unit: 'MB',
      reference: { name: 'az acr build', value: theirs.megabytes },
      goal: { ratioAtMost: 1 },
      method,
    }),
  ];
}

/** The whole task, as the agent starts it, on an image that was built before. */
async function rebuildRow(azure: LocalAzure): Promise<Row> {
  const name = await registerModel(azure, (container, prefix) =>
    container.getBlockBlobClient(`${prefix}/model.txt`).upload('weights', 7),
  );
  const model = {
    name,
    version: '1',
    id: `${workspaceId}/models/${name}/versions/1`,
    type: 'custom_model',
    uri: modelUri(name),
    workspace: {
      subscriptionId: localCloud.subscriptionId,
      resourceGroup: localCloud.resourceGroup,
      name: localCloud.workspace,
    },
  };
  const record = append(append(emptyRecord(), 'model', model), 'evaluation', {
    decision: 'approved',
    reason: 'for the bench',
    criteria: [],
    metrics: {},
    champion: null,
    evaluatedAt: new Date().toISOString(),
  });
  const job = new TestJob('build', azure);
  const run = async (built: boolean): Promise<number> => {
    const started = performance.now();
    const result = await runBuiltTask('PackageImage', {
      job,
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        packaging: 'dockerfile',
        // Apart from the record, which each run writes: beside it, it would belong to what is built.
        dockerfile: 'image/Dockerfile',
        baseImage: '',
        // There is nothing in it to start.
        selfTest: 'false',
        recordFile: 'record/mlops-record.json',
      },
      files: {
        'record/mlops-record.json': JSON.stringify(record),
        'image/Dockerfile': 'FROM scratch\nCOPY model/ /model/\n',
      },
    });
    if (result.result !== 'succeeded') throw new Error(result.log.join('\n'));
    if (result.outputs.built !== String(built)) throw new Error(`The image was ${built ? 'not ' : ''}built.`);
    return (performance.now() - started) / 1000;
  };
  await run(true);
  const seconds: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) seconds.push(await run(false));
  return toRow('package', {
    name: 'unchanged rebuild',
    ours: median(seconds),
    unit: 's',
    goal: { atMost: 0.5 },
    method: 'The whole task as the agent starts it, from its process to its end; median of 5 runs after the build.',
  });
}

function modelUri(name: string): string {
  const { subscriptionId, resourceGroup, workspace } = localCloud;
  return `azureml://subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/workspaces/${workspace}/datastores/workspaceblobstore/paths/models/${name}`;
}

/** @returns the name of a model, whose version is 1 */
async function registerModel(
  azure: LocalAzure,
  upload: (container: ContainerClient, prefix: string) => Promise<unknown>,
): Promise<string> {
  const workspace = new MlWorkspace(azure);
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const { body } = await workspace.call('POST', workspace.arm('/datastores/workspaceblobstore/listSecrets'));
  const key = (body as { key: string }).key;
  const container = new ContainerClient(
    `${azure.blobUrl}/azureml-blobstore-${localCloud.workspaceId}`,
    new StorageSharedKeyCredential(localCloud.storageAccount, key),
  );
  await upload(container, `models/${name}`);
  const { status } = await workspace.call('PUT', workspace.arm(`/models/${name}/versions/1`), {
    properties: { modelType: 'custom_model', modelUri: modelUri(name) },
  });
  if (status >= 300) throw new Error(`The model could not be registered (${status}).`);
  return name;
}

async function runOurs(azure: LocalAzure, model: string): Promise<Result> {
  const script = await bundled('package/ours.ts');
  const settings = { connection: benchConnection(azure), dockerfile };
  const env = { ...process.env, ...azure.environment, BENCH_SETTINGS: JSON.stringify(settings) };
  return timed(process.execPath, [script, model], env);
}

async function runReference(azure: LocalAzure, python: string, folder: string, config: string): Promise<Result> {
  mkdirSync(config);
  // `az cloud register` asks the cloud for what is written here, in a form that Azure Stack has and no other.
  const settings = {
    endpoint_resource_manager: azure.url,
    endpoint_management: azure.url,
    endpoint_active_directory: azure.url,
    endpoint_active_directory_resource_id: 'https://management.azure.com/',
    endpoint_active_directory_graph_resource_id: azure.url,
    endpoint_microsoft_graph_resource_id: azure.url,
    suffix_acr_login_server_endpoint: '.azurecr.localhost',
    suffix_storage_endpoint: 'localhost',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(path.join(config, 'clouds.config'), `[LocalAzure]\n${lines.join('\n')}\n`);
  writeFileSync(path.join(config, 'config'), '[cloud]\nname = LocalAzure\n');
  const bundle = path.join(config, 'ca.pem');
  writeFileSync(bundle, [await readFile(azure.caFile, 'utf8'), ...rootCertificates].join('\n'));
  const env = {
    ...process.env,
    AZURE_CONFIG_DIR: config,
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    AZURE_CORE_INSTANCE_DISCOVERY: 'false',
    REQUESTS_CA_BUNDLE: bundle,
    PYTHONPATH: path.join(root, 'bench/package'),
  };
  const az = (...args: string[]) => timed(python, [path.join(__dirname, 'package/reference.py'), ...args], env);
  const secret = azure.serviceConnection('ServicePrincipal').auth.parameters.serviceprincipalkey ?? '';
  const identity = ['--username', localCloud.clientId, '--password', secret, '--tenant', localCloud.tenantId];
  await az('login', '--service-principal', ...identity);
  const where = ['--registry', localCloud.registry, '--resource-group', localCloud.resourceGroup];
  return az('acr', 'build', ...where, '--image', 'bench:reference', '--no-logs', '--no-wait', folder);
}

async function timed(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<Result> {
  const started = performance.now();
  const { megabytes } = await measuredProcess<{ megabytes: number }>(file, args, env);
  return { seconds: (performance.now() - started) / 1000, megabytes };
}

/** Bytes that do not compress, as weights hardly do. */
async function largeFile(file: string): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true });
  const stream = createWriteStream(file);
  const chunk = 8 * 1024 * 1024;
  for (let written = 0; written < modelBytes; written += chunk) {
    if (!stream.write(randomBytes(chunk))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}
