import type { ContainerClient } from '@azure/storage-blob';
import type { AccessControl } from './access/accessControl';
import type { ResourceCatalog } from './arm/resourceCatalog';

/** Names that are the same in every local cloud; made up, and in the ranges that Azure would accept. */
export const localCloud = {
  tenantId: '72000000-0000-4000-8000-000000000001',
  clientId: '72000000-0000-4000-8000-000000000002',
  subscriptionId: '72000000-0000-4000-8000-000000000003',
  serviceConnectionId: '72000000-0000-4000-8000-000000000004',
  workspaceId: '72000000-0000-4000-8000-000000000005',
  subscriptionName: 'Local Azure',
  serviceConnectionName: 'quick-starts-sc',
  location: 'eastus',
  resourceGroup: 'quick-starts-rg',
  workspace: 'quick-starts-ws',
  registry: 'quickstartsacr',
  storageAccount: 'quickstartsst',
  compute: 'cpu-cluster',
} as const;

/** A named set of JSON documents that survives a restart; keys are free text and compared without case, as ARM does. */
export interface Collection<T> {
  get(key: string): T | undefined;
  /** Writes through to disk before it returns. */
  put(key: string, value: T): void;
  delete(key: string): boolean;
  /** Oldest first. */
  list(): Array<{ key: string; value: T }>;
}

export interface Blobs {
  /** e.g. https://quickstartsst.blob.core.localhost:10000 */
  readonly accountUrl: string;
  /** A client with the account's key, for the services inside local Azure. */
  container(name: string): ContainerClient;
  /** A URL with a service SAS, of a container or of one blob in it. permissions as Azure's letters in order, e.g. 'racwl'. */
  sasUrl(container: string, options: { blob?: string; permissions: string; expiresInMinutes?: number }): string;
}

/** What every resource provider of local Azure gets. */
export interface LocalAzureContext {
  readonly stateDir: string;
  readonly cacheDir: string;
  /** https://localhost:port, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  readonly blobs: Blobs;
  collection<T>(name: string): Collection<T>;
  /** Says what the local cloud does, for the person who watches it; never part of an answer. */
  log: (line: string) => void;
  /** Where a provider names its resources, for the lists that the resource manager gives of all. */
  readonly resources: ResourceCatalog;
  /** What the service connection's identity may do. */
  readonly access: AccessControl;
  /** The DNS zone of the local cloud. */
  readonly dns: { set(name: string, ip: string): void; remove(name: string): void };
  /** Called in reverse order when local Azure stops: end processes, close files. */
  onClose(stop: () => Promise<void> | void): void;
  /** Aborted as soon as local Azure begins to stop: what fails from then on says nothing about its resources. */
  readonly closing: AbortSignal;
  /** Whether it is a valid token of the local cloud's Entra for one of these, for services that are handed one in a body. */
  isTokenFor(token: string, audiences: readonly string[]): boolean;
  /** Semantic faults that a test planned, by name, e.g. 'aci.capacity'; consumes one use. Undefined if none is planned. */
  takeFault(name: string): Record<string, unknown> | undefined;
}

/** An error answered in ARM's shape: {"error":{code,message,details}}. Throw it from any route. */
export class ArmError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: unknown[] = [],
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}
