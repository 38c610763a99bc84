import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { localCloud } from '../../local/azure/context';
import type { LocalAzure } from '../../local/azure/index';

export interface Tried {
  operation: string;
  outcome: 'right' | 'refused' | 'wrong';
  detail: string;
}

export interface Client {
  name: string;
  version: string;
  /** Throws where the client cannot be installed. */
  install(): Promise<string>;
  /** @param program what was installed */
  run(world: World, program: string): Promise<Tried[]>;
}

export interface World {
  azure: LocalAzure;
  environment: Record<string, string>;
  /** Runs a program that finds the local cloud's names. */
  execute(program: string, args: string[], more?: Record<string, string>): Promise<{ status: number; output: string }>;
}

/** Where, as whom and by whose authority a client reaches local Azure. */
export async function connect(azure: LocalAzure): Promise<World> {
  const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
  const client = parameters.serviceprincipalid ?? '';
  const secret = parameters.serviceprincipalkey ?? '';
  const workspace = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
  const token = await accessToken(azure, client, secret);
  const environment = {
    CLOUD_URL: azure.url,
    BLOB_URL: azure.blobUrl,
    TENANT: localCloud.tenantId,
    CLIENT: client,
    SECRET: secret,
    SUBSCRIPTION: localCloud.subscriptionId,
    GROUP: localCloud.resourceGroup,
    WORKSPACE: localCloud.workspace,
    REGISTRY: localCloud.registry,
    LOGIN_SERVER: `${localCloud.registry}.azurecr.localhost:${azure.port}`,
    ARM_CLOUD_METADATA_URL: `${azure.url}/metadata/endpoints?api-version=2019-05-01`,
    REQUESTS_CA_BUNDLE: azure.caFile,
    SSL_CERT_FILE: azure.caFile,
    NODE_EXTRA_CA_CERTS: azure.caFile,
    MLFLOW_TRACKING_URI: `${azure.url}/mlflow/v1.0${workspace}`,
    MLFLOW_TRACKING_TOKEN: token,
    ...(await registryPasswords(azure, token)),
  };
  return { azure, environment, execute: executor(azure, environment) };
}

/**
 * Programs in Python and Go know no names below localhost on many machines. Where this one may, each gets a hosts file of its
 * own; elsewhere the machine must resolve them (nss-myhostname does).
 */
function executor(azure: LocalAzure, environment: Record<string, string>): World['execute'] {
  const names = [`${localCloud.registry}.azurecr`, `${localCloud.storageAccount}.blob.core`].map((name) => `${name}.localhost`); // prettier-ignore
  const hosts = join(azure.stateDir, 'hosts-of-clients');
  writeFileSync(hosts, `127.0.0.1 localhost ${names.join(' ')}\n`);
  const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
  return (program, args, more = {}) => {
    const [command, all] = mayMount
      ? (['unshare', ['-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, program, ...args]] as const)
      : ([program, args] as const);
    const options = { env: { ...process.env, ...environment, ...more }, timeout: 240_000, maxBuffer: 64 * 1024 * 1024 };
    // Local Azure runs in this process, so it must not wait for the program.
    return new Promise((resolve) => {
      execFile(command, [...all], options, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) || 1 : 0, output: `${stdout}${stderr}` });
      });
    });
  };
}

async function accessToken(azure: LocalAzure, client: string, secret: string): Promise<string> {
  const { ClientSecretCredential } = await import('@azure/identity');
  const options = { authorityHost: azure.url, disableInstanceDiscovery: true, tlsOptions: { ca: readFileSync(azure.caFile, 'utf8') } }; // prettier-ignore
  const credential = new ClientSecretCredential(localCloud.tenantId, client, secret, options);
  return (await credential.getToken('https://management.azure.com/.default')).token;
}

/** The other two ways into a registry: the admin user's password, and a token in place of one, as `az acr login` hands out. */
async function registryPasswords(azure: LocalAzure, token: string) {
  const dispatcher = new Agent({
    connect: {
      ca: readFileSync(azure.caFile, 'utf8'),
      lookup: (_name, { all }, callback) => {
        if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      },
    },
  });
  const server = `${localCloud.registry}.azurecr.localhost:${azure.port}`;
  const post = async (url: string, headers: Record<string, string>, body?: string) =>
    (await (await request(url, { dispatcher, method: 'POST', headers, body })).body.json()) as never;
  const registry = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
  const { passwords } = (await post(`${azure.url}${registry}/listCredentials?api-version=2023-07-01`, {
    authorization: `Bearer ${token}`,
  })) as { passwords: Array<{ value: string }> };
  const form = new URLSearchParams({ grant_type: 'access_token', service: server, access_token: token });
  const { refresh_token: refreshToken } = (await post(
    `https://${server}/oauth2/exchange`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    form.toString(),
  )) as { refresh_token: string };
  await dispatcher.close();
  return { ADMIN_PASSWORD: passwords[0]?.value ?? '', REFRESH_TOKEN: refreshToken };
}

/** Runs a command-line client for one operation. `refusal`: what it must say where Azure refuses the operation, too. */
export async function tryCommand(
  { execute }: World,
  operation: string,
  command: { program: string; args: string[]; environment?: Record<string, string> },
  refusal?: RegExp,
): Promise<Tried> {
  const { status, output } = await execute(command.program, command.args, command.environment);
  const outcome = refusal ? 'refused' : 'right';
  const isAsWanted = refusal ? status !== 0 && refusal.test(output) : status === 0;
  return isAsWanted
    ? { operation, outcome, detail: '' }
    : { operation, outcome: 'wrong', detail: output.slice(0, 300) };
}
