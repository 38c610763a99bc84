import { ArmError, localCloud } from '../context';
import type { ContainerDefinition, GroupDefinition, InitContainerDefinition, Volume } from './groupDefinition';

/** What happened, gathered by kind: a repeated event counts. */
export interface ContainerEvent {
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  name: string;
  message: string;
  type: 'Normal' | 'Warning';
}

export interface ContainerState {
  state: 'Running' | 'Terminated' | 'Waiting';
  startTime?: string;
  finishTime?: string;
  exitCode?: number;
  detailStatus: string;
}

export interface InstanceView {
  restartCount: number;
  currentState?: ContainerState;
  previousState?: ContainerState;
  events: ContainerEvent[];
}

export type ProvisioningState = 'Pending' | 'Creating' | 'Updating' | 'Repairing' | 'Succeeded' | 'Failed';
export type GroupState = 'Pending' | 'Running' | 'Stopped' | 'Succeeded' | 'Failed';

/** A container group as the local cloud keeps it, with its secure values. */
export interface ContainerGroup {
  /** Differs between two groups of the same name, one after the other. */
  uid: string;
  name: string;
  resourceGroup: string;
  definition: GroupDefinition;
  provisioningState: ProvisioningState;
  state: GroupState;
  events: ContainerEvent[];
  /** By name, of containers and init containers. */
  instanceViews: Record<string, InstanceView>;
  address?: string;
  fqdn?: string;
  /** It is to run: after a restart of the local cloud it is brought up again. */
  wanted: boolean;
}

export const groupId = (group: Pick<ContainerGroup, 'name' | 'resourceGroup'>): string =>
  `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group.resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups/${group.name}`;

export const groupKey = (resourceGroup: string, name: string): string => `${resourceGroup}/${name}`;

export const isTransitioning = (group: ContainerGroup): boolean =>
  group.provisioningState !== 'Succeeded' && group.provisioningState !== 'Failed';

/** What is asked of a group meanwhile is refused. */
export function transitioning(name: string): ArmError {
  return new ArmError(
    409,
    'ContainerGroupTransitioning',
    `The container group '${name}' is still transitioning, please retry later.`,
  );
}

/** It has come to its end by itself, and can neither run on nor be updated. */
export const isTerminated = (group: ContainerGroup): boolean => group.state === 'Succeeded' || group.state === 'Failed';

export function addEvent(
  events: ContainerEvent[],
  name: string,
  message: string,
  type: ContainerEvent['type'] = 'Normal',
): void {
  const now = new Date().toISOString();
  const known = events.find((event) => event.name === name && event.message === message);
  if (known) {
    known.count++;
    known.lastTimestamp = now;
  } else events.push({ count: 1, firstTimestamp: now, lastTimestamp: now, name, message, type });
}

/**
 * A group as ARM shows it: what is secret in it never comes back. Lists leave out the instance views of the group itself.
 * @param apiVersion what it was asked with: newer ones show more, as recorded of 2024-05-01-preview
 */
export function groupAnswer(group: ContainerGroup, apiVersion: string) {
  const isNewer = apiVersion >= '2024-05-01';
  const { location, tags, zones, identity, properties } = group.definition;
  return {
    id: groupId(group),
    name: group.name,
    type: 'Microsoft.ContainerInstance/containerGroups',
    location,
    tags: tags ?? {},
    zones,
    identity,
    properties: {
      sku: properties.sku ?? 'Standard',
      priority: properties.priority,
      ...(isNewer && {
        isCreatedFromStandbyPool: false,
        provisioningTimeoutInSeconds: 1800,
        isCustomProvisioningTimeout: false,
      }),
      provisioningState: group.provisioningState,
      containers: properties.containers.map((container) => {
        const { name, properties: shown } = containerAnswer(container, group.instanceViews[container.name]);
        const configMap = isNewer ? { configMap: { keyValuePairs: {} } } : {};
        return { name, properties: { ...shown, ports: container.properties.ports ?? [], ...configMap } };
      }),
      initContainers: (properties.initContainers ?? []).map((container) =>
        containerAnswer(container, group.instanceViews[container.name]),
      ),
      imageRegistryCredentials: properties.imageRegistryCredentials?.map(({ server, username, identity }) => ({
        server,
        username,
        identity,
        ...(isNewer && { isDelegatedIdentity: false }),
      })),
      restartPolicy: properties.restartPolicy ?? 'Always',
      ipAddress: properties.ipAddress && {
        ...properties.ipAddress,
        ports: properties.ipAddress.ports.map(({ port, protocol }) => ({ port, protocol: protocol ?? 'TCP' })),
        ip: group.address,
        fqdn: group.fqdn,
      },
      osType: properties.osType,
      volumes: properties.volumes?.map(volumeAnswer),
      diagnostics: withoutWorkspaceKey(properties.diagnostics),
      subnetIds: properties.subnetIds,
      dnsConfig: properties.dnsConfig,
      encryptionProperties: properties.encryptionProperties,
      confidentialComputeProperties: properties.confidentialComputeProperties,
      extensions: properties.extensions,
      instanceView: { events: group.events, state: group.state },
    },
  };
}

function containerAnswer(
  { name, properties }: ContainerDefinition | InitContainerDefinition,
  view: InstanceView | undefined,
) {
  return {
    name,
    properties: {
      ...properties,
      command: properties.command ?? [],
      environmentVariables: (properties.environmentVariables ?? []).map((variable) => ({
        name: variable.name,
        value: variable.secureValue == null ? (variable.value ?? undefined) : undefined,
      })),
      instanceView: view,
    },
  };
}

function volumeAnswer(volume: Volume) {
  const { azureFile, secret, ...rest } = volume;
  return {
    ...rest,
    ...(secret ? { secret: {} } : {}),
    ...(azureFile ? { azureFile: { ...azureFile, storageAccountKey: undefined } } : {}),
  };
}

function withoutWorkspaceKey(diagnostics: GroupDefinition['properties']['diagnostics']) {
  if (!diagnostics?.logAnalytics) return diagnostics;
  const { workspaceKey: _key, ...logAnalytics } = diagnostics.logAnalytics;
  return { logAnalytics };
}
