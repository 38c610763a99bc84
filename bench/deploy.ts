import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';
import { localCloud } from '../local/azure/context';
import { startLocalAzure, type LocalAzure } from '../local/azure/index';
import { createLocalAgent } from '../local/azure/registry/localAgent';
import type { CloudClient } from '../test/local/containers/cloudClient';
import { runBuiltTask, TestJob } from '../test/support/agent';
import { buildScoringImage, recordOf, type DeployableImage } from '../test/task/release/deployableImages';
import { cacheDir, median, toRow, type Row } from './rows';

const run = promisify(execFile);
const referenceVersion = '2.91.0';
const rounds = 3;
const az = ['-m', 'azure.cli'];
const identity = 'quick-starts-identity';
const identityId = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity}`;

/** One deployment, seen from outside. */
interface Figures {
  /** Seconds from the command's start until it knows that the endpoint serves, less those that Azure and the container took. */
  overhead: number;
  /** Requests to the resource manager. */
  requests: number;
}

/** A new container group by our task, and by `az container create`, in turn, on the same local Azure. */
export async function bench(): Promise<Row[]> {
  const python = installReference();
  const stateDir = mkdtempSync(path.join(tmpdir(), 'bench-deploy-'));
  const azure = await startLocalAzure({ stateDir, cacheDir: path.join(cacheDir, '..') });
  const agent = createLocalAgent(azure.caFile);
  try {
    const cloud = await connect(azure, agent);
    const image = await buildScoringImage(cloud, 'bench');
    const environment = await signIn(python, azure, stateDir);
    const ours: Figures[] = [];
    const theirs: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await measure(azure, cloud, `ours-${round}`, (name) => deployByTask(azure, image, name)));
      theirs.push(
        await measure(azure, cloud, `theirs-${round}`, (name) => deployByAz(python, environment, image, name)),
      );
    }
    const of = (figures: Figures[], name: keyof Figures) => median(figures.map((each) => each[name]));
    const method = `medians of ${rounds} new groups in turn on one local Azure, each group with one Python server behind a DNS label`;
    const reference = (name: keyof Figures) => ({ name: 'az container create', value: of(theirs, name) });
    return [
      toRow('deploy', {
        name: 'time to ready beyond the container’s own',
        ours: of(ours, 'overhead'),
        unit: 's',
        reference: reference('overhead'),
        goal: { ratioAtMost: 1 },
        method: `${method}; from the start of the process until it says that the endpoint serves, less the time from the PUT to the first healthy answer; az does not look at the endpoint at all`,
      }),
      toRow('deploy', {
        name: 'requests to the resource manager',
        ours: of(ours, 'requests'),
        unit: 'requests',
        reference: reference('requests'),
        goal: { ratioAtMost: 1 },
        method,
      }),
      ...(await unchangedRows(azure, image)),
    ];
  } finally {
    await agent.close();
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** The same deployment again, of a group that runs and answers. */
async function unchangedRows(azure: LocalAzure, image: DeployableImage): Promise<Row[]> {
  await deployByTask(azure, image, 'unchanged');
  const seconds: number[] = [];
  let asked: string[] = [];
  for (let round = 0; round < 5; round++) {
    await azure.requests.clear();
    const started = performance.now();
    await deployByTask(azure, image, 'unchanged');
    seconds.push((performance.now() - started) / 1000);
    asked = (await azure.requests.list()).map(({ url }) => url);
  }
  const method =
    'unchanged deployment: the whole task as the agent starts it, from its process to its end, median of 5 after the first; requests to the resource manager, and to sign in apart from them';
  const requests = (name: string, ours: number, atMost?: number): Row =>
    toRow('deploy', {
      name: `unchanged deployment: ${name}`,
      ours,
      unit: 'requests',
      goal: atMost === undefined ? undefined : { atMost },
      method,
    });
  const managing = asked.filter((url) => url.startsWith('/subscriptions/')).length;
  return [
    toRow('deploy', {
      name: 'unchanged deployment',
      ours: median(seconds),
      unit: 's',
      goal: { atMost: 0.5 },
      method,
    }),
    requests('requests', managing, 4),
    requests('requests to sign in', asked.length - managing),
  ];
}

async function measure(
  azure: LocalAzure,
  cloud: CloudClient,
  name: string,
  deploy: (name: string) => Promise<void>,
): Promise<Figures> {
  await azure.requests.clear();
  const url = groupUrl(name);
  const failed = new AbortController();
  const serving = firstHealthyAnswer(azure, name, failed.signal);
  const started = Date.now();
  await deploy(name).catch((error: Error) => {
    failed.abort();
    throw error;
  });
  const ended = Date.now();
  const healthyAt = await serving;
  const asked = (await azure.requests.list()).filter(({ url: path }) => path.startsWith('/subscriptions/'));
  const put = asked.find(({ method, url: path }) => method === 'PUT' && path.includes(name));
  if (!put) throw new Error(`Nobody sent the container group ${name}.`);
  await cloud.arm('DELETE', url);
  while ((await cloud.arm('GET', url)).status === 200) await sleep(100);
  const known = Math.max(ended, healthyAt);
  return { overhead: (known - started - (healthyAt - Date.parse(put.time))) / 1000, requests: asked.length };
}

async function deployByTask(azure: LocalAzure, image: DeployableImage, name: string): Promise<void> {
  const { result, log } = await runBuiltTask('DeployACI', {
    job: new TestJob('build', azure),
    inputs: {
      azureSubscription: localCloud.serviceConnectionId,
      resourceGroup: localCloud.resourceGroup,
      containerGroup: name,
      location: localCloud.location,
      dnsNameLabel: name,
      userAssignedIdentity: identity,
      recordFile: 'record/mlops-record.json',
    },
    files: { 'record/mlops-record.json': JSON.stringify(recordOf(image)) },
  });
  if (result !== 'succeeded') throw new Error(log.join('\n'));
}

async function deployByAz(python: string, env: NodeJS.ProcessEnv, image: DeployableImage, name: string): Promise<void> {
  const group = ['--resource-group', localCloud.resourceGroup, '--name', name, '--location', localCloud.location];
  const container = ['--image', image.reference, '--os-type', 'Linux', '--cpu', '1', '--memory', '1.5'];
  const access = ['--acr-identity', identityId, '--assign-identity', identityId].concat([
    '--registry-login-server',
    image.reference.split('/')[0]!,
  ]);
  const address = ['--ip-address', 'Public', '--ports', '5001', '--dns-name-label', name];
  await run(python, [...az, 'container', 'create', ...group, ...container, ...access, ...address, '--output', 'none'], {
    env,
  });
}

/** When the group's health route first answered, asked every 20 ms at the address that its name has. */
async function firstHealthyAnswer(azure: LocalAzure, name: string, failed: AbortSignal): Promise<number> {
  while (!failed.aborted) {
    const zone = readFileSync(azure.hostsFile, 'utf8').split('\n');
    const address = zone.map((line) => line.split(/\s+/)).find(([, host]) => host?.startsWith(`${name}.`))?.[0];
    if (address && (await isHealthy(address))) return Date.now();
    await sleep(20);
  }
  return 0;
}

function isHealthy(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = httpRequest({ host: address, port: 5001, path: '/health', agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });
}

function groupUrl(name: string): string {
  return `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups/${name}?api-version=2023-05-01`;
}

async function connect(azure: LocalAzure, dispatcher: ReturnType<typeof createLocalAgent>): Promise<CloudClient> {
  const send: CloudClient['send'] = async (method, url, { headers, body } = {}) => {
    const answer = await request(url, { dispatcher, method: method as 'GET', headers, body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const text = bytes.toString();
    const isJson = String(answer.headers['content-type']).includes('json') && text !== '';
    return {
      status: answer.statusCode,
      headers: answer.headers,
      bytes,
      text,
      json: isJson ? (JSON.parse(text) as unknown) : undefined,
    };
  };
  const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
  const signedIn = await send('POST', `${azure.url}/${localCloud.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: parameters.serviceprincipalid!,
      client_secret: parameters.serviceprincipalkey!,
      scope: 'https://management.azure.com/.default',
    }).toString(),
  });
  const token = (signedIn.json as { access_token: string }).access_token;
  return {
    azure,
    token,
    loginServer: `${localCloud.registry}.azurecr.localhost:${azure.port}`,
    send,
    arm: (method, url, body, headers) =>
      send(method, url.startsWith('https:') ? url : `${azure.url}${url}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
  };
}

/** @returns the environment in which az is signed in to the local cloud */
async function signIn(python: string, azure: LocalAzure, stateDir: string): Promise<NodeJS.ProcessEnv> {
  const env = {
    ...process.env,
    AZURE_CONFIG_DIR: path.join(stateDir, 'az'),
    AZURE_CORE_INSTANCE_DISCOVERY: 'false',
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    REQUESTS_CA_BUNDLE: azure.caFile,
  };
  const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
  const cloud = ['--endpoint-resource-manager', azure.url, '--endpoint-active-directory', azure.url];
  const audience = ['--endpoint-active-directory-resource-id', 'https://management.azure.com/'];
  await run(
    python,
    [...az, 'cloud', 'register', '--name', 'LocalAzure', '--skip-endpoint-discovery', ...cloud, ...audience],
    { env },
  );
  await run(python, [...az, 'cloud', 'set', '--name', 'LocalAzure'], { env });
  const user = ['--username', parameters.serviceprincipalid!, '--tenant', localCloud.tenantId];
  await run(python, [...az, 'login', '--service-principal', ...user, '--password', parameters.serviceprincipalkey!], {
    env,
  });
  return env;
}

/** @returns the Python that has azure-cli */
function installReference(): string {
  const venv = path.join(cacheDir, `azure-cli-${referenceVersion}`);
  const done = path.join(venv, 'installed');
  if (!existsSync(done)) {
    mkdirSync(cacheDir, { recursive: true });
    execFileSync('python3', ['-m', 'venv', venv]);
    const pip = ['-m', 'pip', 'install', '--quiet', `azure-cli==${referenceVersion}`];
    execFileSync(path.join(venv, 'bin', 'python'), pip, { stdio: 'inherit' });
    writeFileSync(done, '');
  }
  return path.join(venv, 'bin', 'python');
}
