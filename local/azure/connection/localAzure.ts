import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceEndpoint } from '../../serviceEndpoint';
import type { LocalCredentials } from '../entra/credentials';
import { processStartTime } from '../processes/processRecords';
import { AdministrationClient, type FaultsApi, type RequestsApi, type RolesApi } from './administrationClient';
import { clientEnvironment } from './clientEnvironment';
import { readDescription, type Description } from './description';
import { serviceConnection, type Scheme, type ServiceConnectionOverrides } from './serviceConnection';

/** A running local Azure, as those see it who use it. */
export interface LocalAzure {
  /** https://localhost:port */
  readonly url: string;
  readonly port: number;
  /** https://<account>.blob.core.localhost:port */
  readonly blobUrl: string;
  /** The certificate authority to trust, PEM. */
  readonly caFile: string;
  readonly hostsFile: string;
  readonly stateDir: string;
  /** What a Node process needs in its environment to reach the local cloud. */
  readonly environment: Record<string, string>;
  /** The same, and what the kind of service connection needs besides: a managed identity finds its metadata service by it. */
  environmentFor(scheme: Scheme): Record<string, string>;
  /** For the agent: SYSTEM_OIDCREQUESTURI, and the job's System.AccessToken that it accepts. */
  readonly oidcRequestUri: string;
  readonly systemAccessToken: string;
  serviceConnection(scheme: Scheme, overrides?: ServiceConnectionOverrides): ServiceEndpoint;
  readonly faults: FaultsApi;
  readonly requests: RequestsApi;
  readonly roles: RolesApi;
  /** Stops it, with every process that it runs. */
  close(): Promise<void>;
}

/** Describes a local Azure to its users. `close` is by the administration unless another way is given. */
export function describeLocalAzure(
  cloud: Description,
  credentials: LocalCredentials,
  close?: () => Promise<void>,
): LocalAzure {
  const administration = new AdministrationClient(cloud, credentials.adminToken);
  const hub = '_apis/distributedtask/hubs/build/plans/72000000-0000-4000-8000-000000000006';
  return {
    url: cloud.url,
    port: cloud.port,
    blobUrl: cloud.blobUrl,
    caFile: cloud.caFile,
    hostsFile: cloud.hostsFile,
    stateDir: cloud.stateDir,
    get environment() {
      return clientEnvironment(cloud);
    },
    environmentFor: (scheme) => ({
      ...clientEnvironment(cloud),
      ...(scheme === 'ManagedServiceIdentity'
        ? { AZURE_POD_IDENTITY_AUTHORITY_HOST: metadataUrl(cloud, credentials) }
        : {}),
    }),
    oidcRequestUri: `${cloud.url}/oidc/${hub}/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken`,
    systemAccessToken: credentials.systemAccessToken,
    serviceConnection: (scheme, overrides) => serviceConnection(cloud, credentials, scheme, overrides),
    faults: administration.faults,
    requests: administration.requests,
    roles: administration.roles,
    close: close ?? (() => administration.shutDown()),
  };
}

/** The real service answers whoever is on the machine. This machine may have other users, so the path holds a secret. */
function metadataUrl(cloud: Description, credentials: LocalCredentials): string {
  return `${cloud.metadataUrl}/${credentials.metadataSecret}`;
}

/** The local Azure that another process runs on the state directory (`local/azure/main.ts`); undefined if none does. */
export function connectLocalAzure(stateDir: string): LocalAzure | undefined {
  const cloud = readDescription(stateDir);
  if (!cloud || processStartTime(cloud.pid) === undefined || processStartTime(cloud.pid) !== cloud.startTime)
    return undefined;
  const credentials = JSON.parse(readFileSync(join(stateDir, 'credentials.json'), 'utf8')) as LocalCredentials;
  return describeLocalAzure(cloud, credentials);
}
