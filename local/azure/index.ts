import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join, resolve } from 'node:path';
import { AccessControl } from './access/accessControl';
import { ResourceCatalog } from './arm/resourceCatalog';
import { startAzurite } from './blobs/azurite';
import { serverCertificate } from './certificates/serverCertificate';
import type { Description } from './connection/description';
import { describeLocalAzure, type LocalAzure } from './connection/localAzure';
import { localCloud, type LocalAzureContext } from './context';
import { openZone } from './dns/zone';
import { loadCredentials, storageKeyOf } from './entra/credentials';
import { TokenIssuer } from './entra/tokenIssuer';
import { actOutFaults } from './faults/actOutFaults';
import { FaultPlan } from './faults/faultPlan';
import { freePort } from './freePort';
import { MadeWorkspaces } from './machineLearning/workspace/madeWorkspaces';
import { endLeftoverProcesses, processStartTime } from './processes/processRecords';
import { lockState } from './processes/stateLock';
import { closedFolder } from './store/closedFolder';
import { openDocumentStore } from './store/documentStore';
import { RequestJournal } from './traffic/requestJournal';

export type { LocalAzure } from './connection/localAzure';
export { connectLocalAzure } from './connection/localAzure';

export interface LocalAzureOptions {
  /** Everything that survives a restart. */
  stateDir: string;
  /** Python environments and layers; may be shared by several local clouds. */
  cacheDir: string;
  /** 0 (the default): the port of the last start on this state if it is free, else any. */
  port?: number;
  /** Of the blobs; as `port`. */
  blobPort?: number;
  log?: (line: string) => void;
  /** Every exchange on the ARM surface is appended to this file, JSON lines. */
  recordTrafficTo?: string;
  /** Nodes of the compute cluster, 2 unless told; jobs beyond them queue. */
  nodes?: number;
  /** The Python that environments of jobs are made from; found on the PATH unless told. */
  python?: string;
  /** Called when local Azure was asked over its administration to stop, and has stopped. */
  onShutDown?: () => void;
}

interface Ports {
  port: number;
  blobPort: number;
}

/** How local Azure ends. */
interface Life {
  /** What is stopped then, in reverse order. */
  stops: Array<() => Promise<void> | void>;
  /** Aborted as soon as it begins to stop. */
  closing: AbortSignal;
  close: () => Promise<void>;
}

/** Starts a local Azure in this process and waits until all of it answers. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure & { description: Description }> {
  const stateDir = resolve(options.stateDir);
  const cacheDir = resolve(options.cacheDir);
  const life = begin();
  // Keys, tokens and what jobs print are in the state; in the cache, what runs in jobs and containers.
  closedFolder(stateDir);
  life.stops.push(lockState(stateDir));
  try {
    closedFolder(cacheDir);
    return await startAll({ log: () => undefined, ...options, stateDir, cacheDir }, life);
  } catch (error) {
    await life.close();
    throw error;
  }
}

function begin(): Life {
  const closing = new AbortController();
  const stops: Life['stops'] = [];
  const close = once(async () => {
    closing.abort();
    for (const stop of stops.reverse()) await stop();
  });
  return { stops, closing: closing.signal, close };
}

async function startAll(
  options: LocalAzureOptions & Pick<Required<LocalAzureOptions>, 'log'>,
  life: Life,
): Promise<LocalAzure & { description: Description }> {
  const { stateDir, cacheDir, log, recordTrafficTo, python } = options;
  await endLeftoverProcesses(stateDir, log);
  const hostsFile = join(stateDir, 'hosts');
  const dns = openZone(hostsFile);
  const faults = new FaultPlan(dns);
  const journal = new RequestJournal();
  const watched = (serve: RequestListener): RequestListener => journal.keep(actOutFaults(faults, serve));
  const last = readLastPorts(stateDir);

  const account = { account: localCloud.storageAccount, accountKey: storageKeyOf(stateDir) };
  const startsAzurite = startAzurite({ stateDir, port: 0, ...account });
  life.stops.push(async () => (await startsAzurite.catch(() => undefined))?.stop());
  // Keys and certificates are made, and the services load, while Azurite starts.
  const [credentials, certificate, services, { port: azuritePort }] = await Promise.all([
    loadCredentials(stateDir, account.accountKey),
    serverCertificate(stateDir),
    import('./services'),
    startsAzurite,
  ]);

  const collection = openDocumentStore(join(stateDir, 'documents'));
  const workspaces = new MadeWorkspaces(collection('workspaces'), collection('deletedWorkspaces'));
  const app = services.createServer(certificate, log, watched, (url) => workspaces.innerUrl(url));
  // URLs in answers name the port, so it is chosen before the routes are set up.
  const port = await startOnPort(options.port, last?.port, freePort);
  const url = `https://localhost:${port}`;
  const tokens = new TokenIssuer(url, credentials.signingKey);
  const interceptors = [services.admitTokens(url, tokens, account.account, account.accountKey)];
  const blobEndpoint = await startOnPort(options.blobPort, last?.blobPort, (blobPort) =>
    services.startBlobEndpoint({ certificate, port: blobPort, azuritePort, interceptors, around: watched }),
  );
  life.stops.push(() => blobEndpoint.stop());
  const blobPort = blobEndpoint.port;
  const blobs = services.openBlobs(account.account, account.accountKey, { port: blobPort, azuritePort });
  const { caFile } = certificate;
  const place = { stateDir, cacheDir, url, port, caFile, blobs, collection, log, dns };
  const context = contextOf(place, tokens, faults, life);

  const shutDown = () => void life.close().then(() => options.onShutDown?.());
  services.register(app, {
    context,
    credentials,
    tokens,
    faults,
    journal,
    recordTrafficTo,
    python,
    workspaces,
    shutDown,
  });
  await app.listen({ host: '127.0.0.1', port });
  life.stops.push(() => app.close());
  const metadataUrl = await services.startMetadataService(context, tokens, credentials.metadataSecret);

  writeFileSync(join(stateDir, 'ports.json'), JSON.stringify({ port, blobPort } satisfies Ports));
  const { pid } = process;
  const blobUrl = blobs.accountUrl;
  const startTime = processStartTime(pid);
  const description = { pid, startTime, stateDir, url, port, blobUrl, metadataUrl, caFile, hostsFile };
  return Object.assign(describeLocalAzure(description, credentials, life.close), { description });
}

type Place = Pick<
  LocalAzureContext,
  'stateDir' | 'cacheDir' | 'url' | 'port' | 'caFile' | 'blobs' | 'collection' | 'log' | 'dns'
>;

const contextOf = (
  place: Place,
  tokens: TokenIssuer,
  faults: FaultPlan,
  { stops, closing }: Life,
): LocalAzureContext => ({
  ...place,
  resources: new ResourceCatalog(),
  access: new AccessControl(localCloud.subscriptionId),
  onClose: (stop) => void stops.push(stop),
  closing,
  isTokenFor: (token, audiences) =>
    tokens.checkAccessToken(token) === 'valid' && [...audiences, place.url].includes(tokens.audienceOf(token)),
  takeFault: (name) => faults.take(name),
});

/** A port that was asked for is taken or is an error; else the last one, as URLs with it may be stored; else any. */
async function startOnPort<T>(
  asked: number | undefined,
  last: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (asked) return start(asked);
  if (last) {
    try {
      return await start(last);
    } catch {
      // Someone else has it by now.
    }
  }
  return start(0);
}

function readLastPorts(stateDir: string): Ports | undefined {
  const file = join(stateDir, 'ports.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ports) : undefined;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}
