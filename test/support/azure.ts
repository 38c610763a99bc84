import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientSecretCredential } from '@azure/identity';
import { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import { localCloud } from '../../local/azure/context';
import { resolver } from '../../local/azure/connection/clientEnvironment';
import { startLocalAzure, type LocalAzure } from '../../local/azure/index';
import { specificationsDirectory, validateTraffic } from '../contract/validateTraffic';
import { trustAuthority } from './trustAuthority';

const root = join(__dirname, '..', '..');
/** What this process does with the resource manager; kept only where it does not follow the official specifications. */
export const trafficFile = join(root, '.local', 'test', `traffic-${process.pid}.jsonl`);

let running: Promise<LocalAzure> | undefined;

/**
 * The local Azure of this mocha process, started at the first call and stopped after the last test. Its state is new,
 * its cache of Python environments is shared with all others.
 */
export function localAzure(): Promise<LocalAzure> {
  return (running ??= start());
}

async function start(): Promise<LocalAzure> {
  rmSync(trafficFile, { force: true });
  const stateDir = mkdtempSync(join(tmpdir(), 'local-azure-'));
  const azure = await startLocalAzure({
    stateDir,
    cacheDir: join(root, '.local', 'cache'),
    recordTrafficTo: trafficFile,
    log: (line) => {
      if (process.env.LOCAL_AZURE_LOG) console.error(`local Azure: ${line}`);
    },
  });
  reachFromHere(azure);
  // Whoever stops the tests leaves no containers behind either.
  const stop = () => void azure.close().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  after('stop local Azure', async function () {
    this.timeout(60_000);
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
    await checkTraffic();
  });
  return azure;
}

/** From now on this process itself resolves the local cloud's names too, e.g. of blobs, and trusts its authority. */
export function reachFromHere(azure: LocalAzure): void {
  process.env.LOCAL_AZURE_HOSTS = azure.hostsFile;
  createRequire(__filename)(resolver);
  trustAuthority(azure.caFile);
}

/** Whatever a suite tested: what went between it and the resource manager must follow the official specifications. */
async function checkTraffic(): Promise<void> {
  const specifications = specificationsDirectory();
  if (!specifications || !existsSync(trafficFile)) return;
  const { violations } = await validateTraffic(trafficFile, specifications);
  assert.deepEqual(violations, [], 'Exchanges with local Azure that do not follow the official specifications');
  rmSync(trafficFile);
}

/** A credential of the local cloud's service principal, for SDK clients in the mocha process itself. */
export function clientSecretCredential(azure: LocalAzure): ClientSecretCredential {
  const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
  return new ClientSecretCredential(
    parameters.tenantid ?? '',
    parameters.serviceprincipalid ?? '',
    parameters.serviceprincipalkey ?? '',
    { authorityHost: azure.url, disableInstanceDiscovery: true, tlsOptions: trust(azure) },
  );
}

/** The unmodified SDK client, with the options that any sovereign cloud needs. */
export function machineLearningClient(azure: LocalAzure): AzureMachineLearningWorkspaces {
  return new AzureMachineLearningWorkspaces(clientSecretCredential(azure), localCloud.subscriptionId, {
    endpoint: azure.url,
    credentialScopes: 'https://management.azure.com/.default',
    apiVersion: '2024-04-01',
    tlsOptions: trust(azure),
  });
}

/** This process was started before the local cloud's authority was there, so it is told by the client's options. */
function trust(azure: LocalAzure): { ca: string } {
  return { ca: readFileSync(azure.caFile, 'utf8') };
}
