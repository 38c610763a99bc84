/**
 * Runs other people's clients, unmodified, against a local Azure, and prints what came of each operation.
 *
 *   npm run clients              all of them
 *   npm run clients -- mlflow    those whose names begin so
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCloud } from '../../local/azure/context';
import { startLocalAzure, type LocalAzure } from '../../local/azure/index';

interface Tried {
  operation: string;
  outcome: 'right' | 'refused' | 'wrong';
  detail: string;
}
interface Client {
  name: string;
  version: string;
  /** Throws where the client cannot be installed. */
  run(world: World): Promise<Tried[]>;
}
interface World {
  azure: LocalAzure;
  environment: Record<string, string>;
  /** Runs a program that finds the local cloud's names. */
  execute(program: string, args: string[], more?: Record<string, string>): Promise<{ status: number; output: string }>;
}

const root = join(__dirname, '..', '..');
const cache = join(root, '.local', 'cache', 'clients');
const scripts = join(__dirname, 'python');

/** A virtual environment of pinned packages, kept by the content of its requirements. */
function python(requirements: string): string {
  const file = join(scripts, requirements);
  const key = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  const directory = join(cache, `python-${key}`);
  if (!existsSync(join(directory, 'installed'))) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const quiet = { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] };
    execFileSync('python3', ['-m', 'venv', directory], quiet);
    execFileSync(join(directory, 'bin', 'pip'), ['install', '-q', 'uv'], quiet);
    const uv = join(directory, 'bin', 'uv');
    execFileSync(uv, ['pip', 'install', '-q', '--python', join(directory, 'bin', 'python'), '-r', file], quiet);
    writeFileSync(join(directory, 'installed'), '');
  }
  return join(directory, 'bin', 'python');
}

const scripted = (name: string, version: string, requirements: string, script: string): Client => ({
  name,
  version,
  async run({ execute }) {
    const { output } = await execute(python(requirements), [join(scripts, script)]);
    const lines = output.split('\n').filter((line) => line.startsWith('{"operation"'));
    if (lines.length === 0) return [{ operation: 'start', outcome: 'wrong', detail: output.slice(-300) }];
    return lines.map((line) => JSON.parse(line) as Tried);
  },
});

/** A command of a Go module, built once. */
function goProgram(module: string, version: string): string {
  const directory = join(cache, `go-${version}`);
  const name = module.split('/').at(-1) ?? '';
  const program = join(directory, name);
  if (!existsSync(program)) {
    mkdirSync(directory, { recursive: true });
    execFileSync('go', ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: directory, GOFLAGS: '-mod=mod' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  return program;
}

const crane: Client = {
  name: 'crane',
  version: 'v0.20.2',
  async run({ azure, execute, environment }) {
    const program = goProgram('github.com/google/go-containerregistry/cmd/crane', this.version);
    const server = `${localCloud.registry}.azurecr.localhost:${azure.port}`;
    const folder = mkdtempSync(join(tmpdir(), 'crane-'));
    const config = { DOCKER_CONFIG: folder };
    const layer = join(folder, 'layer.tar');
    execFileSync('tar', ['-cf', layer, '-C', scripts, 'tried.py']);
    const tried = async (operation: string, args: string[], refusal?: RegExp): Promise<Tried> => {
      const { status, output } = await execute(program, args, config);
      if (refusal) {
        const outcome = status !== 0 && refusal.test(output) ? 'refused' : 'wrong';
        return { operation, outcome, detail: outcome === 'wrong' ? output.slice(0, 300) : '' };
      }
      return { operation, outcome: status === 0 ? 'right' : 'wrong', detail: status === 0 ? '' : output.slice(0, 300) };
    };
    const login = (secret: string) => ['auth', 'login', server, '-u', environment.CLIENT ?? '', '-p', secret];
    const results = [
      await tried('catalog without a login', ['catalog', server], /UNAUTHORIZED/),
      await tried('auth login as a service principal', login(environment.SECRET ?? '')),
      await tried('append', ['append', '-f', layer, '-t', `${server}/crane:1`]),
      await tried('ls', ['ls', `${server}/crane`]),
      await tried('digest', ['digest', `${server}/crane:1`]),
      await tried('manifest', ['manifest', `${server}/crane:1`]),
      await tried('config', ['config', `${server}/crane:1`]),
      await tried('copy', ['copy', `${server}/crane:1`, `${server}/copied:1`]),
      await tried('tag', ['tag', `${server}/crane:1`, '2']),
      await tried('validate', ['validate', '--remote', `${server}/crane:1`]),
      await tried('pull', ['pull', `${server}/crane:1`, join(folder, 'image.tar')]),
      await tried('catalog', ['catalog', server]),
      await tried('manifest of a tag that is not there', ['manifest', `${server}/crane:none`], /MANIFEST_UNKNOWN/),
    ];
    rmSync(folder, { recursive: true });
    return results;
  },
};

const clients: Client[] = [
  crane,
  scripted('mlflow-skinny', '3.17.2', 'requirements-mlflow3.txt', 'mlflow_client.py'),
  scripted('azure-ai-ml, azure-mgmt-*', '1.35.2', 'requirements-azure-ai-ml.txt', 'azure_ai_ml.py'),
];

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
    const options = { env: { ...process.env, ...environment, ...more }, timeout: 180_000, maxBuffer: 64 * 1024 * 1024 };
    // Local Azure runs in this process, so it must not wait for the program.
    return new Promise((resolve) => {
      execFile(command, [...all], options, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) || 1 : 0, output: `${stdout}${stderr}` });
      });
    });
  };
}

async function mlflowToken(azure: LocalAzure, client: string, secret: string): Promise<string> {
  const { ClientSecretCredential } = await import('@azure/identity');
  const options = { authorityHost: azure.url, disableInstanceDiscovery: true, tlsOptions: { ca: readFileSync(azure.caFile, 'utf8') } }; // prettier-ignore
  const credential = new ClientSecretCredential(localCloud.tenantId, client, secret, options);
  return (await credential.getToken('https://management.azure.com/.default')).token;
}

async function main(): Promise<void> {
  const wanted = process.argv[2] ?? '';
  const stateDir = mkdtempSync(join(tmpdir(), 'local-azure-clients-'));
  const azure = await startLocalAzure({ stateDir, cacheDir: join(root, '.local', 'cache') });
  let wrong = 0;
  try {
    const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
    const client = parameters.serviceprincipalid ?? '';
    const secret = parameters.serviceprincipalkey ?? '';
    const workspace = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${localCloud.workspace}`;
    const environment = {
      CLOUD_URL: azure.url,
      BLOB_URL: azure.blobUrl,
      TENANT: localCloud.tenantId,
      CLIENT: client,
      SECRET: secret,
      SUBSCRIPTION: localCloud.subscriptionId,
      GROUP: localCloud.resourceGroup,
      WORKSPACE: localCloud.workspace,
      ARM_CLOUD_METADATA_URL: `${azure.url}/metadata/endpoints?api-version=2022-09-01`,
      REQUESTS_CA_BUNDLE: azure.caFile,
      SSL_CERT_FILE: azure.caFile,
      MLFLOW_TRACKING_URI: `${azure.url}/mlflow/v1.0${workspace}`,
      MLFLOW_TRACKING_TOKEN: await mlflowToken(azure, client, secret),
    };
    const world: World = { azure, environment, execute: executor(azure, environment) };
    console.log('client                    version   tried  right  refused as Azure does  wrong');
    for (const each of clients.filter(({ name }) => name.startsWith(wanted))) {
      let results: Tried[];
      try {
        results = await each.run(world);
      } catch (error) {
        console.log(`${each.name.padEnd(26)}${each.version.padEnd(10)}not tried: it could not be installed: ${(error as Error).message.split('\n')[0]}`); // prettier-ignore
        // Here nothing may be left out; elsewhere a machine need not have Go, or a network.
        if (process.env.CI) wrong++;
        continue;
      }
      const count = (outcome: Tried['outcome']) => results.filter((result) => result.outcome === outcome).length;
      console.log(`${each.name.padEnd(26)}${each.version.padEnd(10)}${String(results.length).padStart(5)}${String(count('right')).padStart(7)}${String(count('refused')).padStart(23)}${String(count('wrong')).padStart(7)}`); // prettier-ignore
      for (const { operation, detail } of results.filter(({ outcome }) => outcome === 'wrong')) {
        console.log(`  wrong: ${operation}: ${detail}`);
      }
      wrong += count('wrong');
    }
  } finally {
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
  process.exitCode = wrong > 0 ? 1 : 0;
}

void main();
