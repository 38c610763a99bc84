import { ArmError } from '../context';
import type {
  ContainerDefinition,
  EnvironmentVariable,
  GroupDefinition,
  GroupProperties,
  InitContainerDefinition,
  IpAddress,
  Probe,
} from './groupDefinition';
import { findRegion } from './regions';

const resourceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsLabel = /^[a-z][-a-z0-9]{3,61}[a-z0-9]$/;
const scopes = ['Unsecure', 'TenantReuse', 'SubscriptionReuse', 'ResourceGroupReuse', 'Noreuse'];

const refuse = (code: string, message: string): never => {
  throw new ArmError(400, code, message);
};

/**
 * Checks the body of a PUT as the service does before it looks at anything else, and returns it with the region's own name.
 * Sources: azure-specs 2023-05-01 for what is required; the service's limits for names, ports and containers.
 */
export function readGroupDefinition(name: string, body: unknown): GroupDefinition {
  if (!resourceName.test(name)) {
    refuse(
      'InvalidContainerGroupName',
      `The container group name '${name}' is invalid. It can contain only lowercase letters, numbers and hyphens, must begin and end with a letter or number, and have between 1 and 63 characters.`,
    );
  }
  const definition = body as GroupDefinition | undefined;
  const properties = definition?.properties;
  if (!definition || typeof properties !== 'object' || properties === null) {
    return refuse('InvalidRequestContent', "The request content is invalid: the property 'properties' is required.");
  }
  const location = findRegion(definition.location).name;
  checkGroup(name, properties);
  checkContainers(name, properties);
  checkAddress(name, properties);
  return { ...definition, location };
}

function checkGroup(name: string, properties: GroupProperties): void {
  const one = <T>(what: string, value: T | undefined, allowed: T[]): void => {
    if (value !== undefined && value !== null && !allowed.includes(value)) {
      refuse(
        'InvalidRequestContent',
        `The ${what} '${String(value)}' of container group '${name}' is invalid. It must be one of ${allowed.join(', ')}.`,
      );
    }
  };
  if (!properties.osType) {
    refuse('MissingOsType', `The OS type of container group '${name}' is missing. It must be 'Linux' or 'Windows'.`);
  }
  one('OS type', properties.osType, ['Linux', 'Windows']);
  one('restart policy', properties.restartPolicy, ['Always', 'OnFailure', 'Never']);
  one('sku', properties.sku, ['Standard', 'Dedicated', 'Confidential']);
  one('priority', properties.priority, ['Regular', 'Spot']);
  if (properties.osType === 'Windows') {
    refuse('OsVersionNotSupported', `Local Azure runs only Linux containers, not those of container group '${name}'.`);
  }
  if (properties.priority === 'Spot' && (properties.subnetIds?.length ?? 0) > 0) {
    refuse(
      'SpotPriorityContainerGroupNotSupported',
      `The Spot container group '${name}' can not be in a virtual network.`,
    );
  }
}

function checkContainers(name: string, properties: GroupProperties): void {
  const { containers, initContainers = [] } = properties;
  if (!Array.isArray(containers) || containers.length === 0) {
    refuse('MissingContainers', `The 'containers' in container group '${name}' is empty.`);
  }
  if (containers.length + initContainers.length > 60) {
    refuse('TooManyContainers', `The container group '${name}' has more than 60 containers.`);
  }
  const names = new Set<string>();
  for (const container of [...containers, ...initContainers]) {
    if (typeof container.name !== 'string' || !resourceName.test(container.name)) {
      refuse(
        'InvalidContainerName',
        `The container name '${String(container.name)}' in container group '${name}' is invalid. It can contain only lowercase letters, numbers and hyphens, and have between 1 and 63 characters.`,
      );
    }
    if (names.has(container.name)) {
      refuse(
        'DuplicateContainerName',
        `The container name '${container.name}' in container group '${name}' is used twice.`,
      );
    }
    names.add(container.name);
    checkAnyContainer(name, container, properties.volumes ?? []);
  }
  const ports = new Set<number>();
  for (const container of containers) checkContainer(name, container, ports);
}

/** What holds of init containers too. */
function checkAnyContainer(
  group: string,
  { name, properties }: ContainerDefinition | InitContainerDefinition,
  volumes: ReadonlyArray<{ name: string }>,
): void {
  if (!properties?.image) refuse('MissingImage', `The container '${name}' in container group '${group}' has no image.`);
  checkVariables(group, name, properties.environmentVariables ?? []);
  for (const mount of properties.volumeMounts ?? []) {
    if (volumes.some((volume) => volume.name === mount.name)) continue;
    refuse(
      'VolumeNotFound',
      `The volume '${mount.name}' of container '${name}' is not found in container group '${group}'.`,
    );
  }
}

function checkContainer(group: string, { name, properties }: ContainerDefinition, ports: Set<number>): void {
  const { cpu, memoryInGB, gpu } = properties.resources?.requests ?? {};
  if (typeof cpu !== 'number' || typeof memoryInGB !== 'number' || cpu <= 0 || memoryInGB <= 0) {
    refuse(
      'InvalidContainerResourceRequest',
      `The resource requests of container '${name}' in container group '${group}' are invalid: cpu and memoryInGB must be above 0.`,
    );
  }
  if (gpu) refuse('GpuNotSupported', `The GPU resources of container '${name}' are not available: they were retired.`);
  for (const { port } of properties.ports ?? []) {
    checkPort(port, `container '${name}' in container group '${group}'`);
    if (ports.has(port)) {
      refuse('DuplicatePort', `The port '${port}' is used by more than one container of container group '${group}'.`);
    }
    ports.add(port);
  }
  checkProbe(name, 'liveness', properties.livenessProbe);
  checkProbe(name, 'readiness', properties.readinessProbe);
}

function checkVariables(group: string, container: string, variables: EnvironmentVariable[]): void {
  for (const { name, value, secureValue } of variables) {
    if (!/^[A-Za-z_]\w*$/.test(name ?? '')) {
      refuse(
        'InvalidContainerEnvironmentVariable',
        `The environment variable name '${name}' in container '${container}' of container group '${group}' is invalid.`,
      );
    }
    if (value != null && secureValue != null) {
      refuse(
        'InvalidEnvironmentVariable',
        `The environment variable '${name}' in container '${container}' of container group '${group}' can not have both a value and a secure value.`,
      );
    }
  }
}

function checkProbe(container: string, kind: string, probe: Probe | undefined | null): void {
  if (!probe) return;
  if (Boolean(probe.exec) === Boolean(probe.httpGet)) {
    refuse('InvalidProbe', `The ${kind} probe of container '${container}' must have either 'exec' or 'httpGet'.`);
  }
  if (probe.httpGet) checkPort(probe.httpGet.port, `${kind} probe of container '${container}'`);
}

function checkPort(port: unknown, where: string): void {
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65535) return;
  refuse('InvalidPort', `The port '${String(port)}' of ${where} is invalid. It must be between 1 and 65535.`);
}

function checkAddress(name: string, properties: GroupProperties): void {
  const { ipAddress } = properties;
  if (!ipAddress) return;
  if (ipAddress.type !== 'Public' && ipAddress.type !== 'Private') {
    refuse(
      'InvalidIpAddressType',
      `The IP address type '${String(ipAddress.type)}' of container group '${name}' is invalid.`,
    );
  }
  if (!Array.isArray(ipAddress.ports) || ipAddress.ports.length === 0) {
    refuse('MissingIpAddressPorts', `The ports in the 'ipAddress' of container group '${name}' cannot be empty.`);
  }
  if (ipAddress.ports.length > 5) {
    refuse('TooManyIpAddressPorts', `The 'ipAddress' of container group '${name}' has more than 5 ports.`);
  }
  for (const { port } of ipAddress.ports) {
    checkPort(port, `the 'ipAddress' of container group '${name}'`);
    const declared = properties.containers.some((each) => each.properties.ports?.some((own) => own.port === port));
    if (!declared) {
      refuse(
        'InvalidIpAddressPorts',
        `The port '${port}' in the 'ipAddress' of container group '${name}' is not a port of any of its containers.`,
      );
    }
  }
  const isPrivate = ipAddress.type === 'Private';
  if (isPrivate !== (properties.subnetIds?.length ?? 0) > 0) {
    refuse(
      'InvalidIpAddressType',
      `A container group has a private IP address if, and only if, it is in a subnet; container group '${name}' is not like that.`,
    );
  }
  checkDnsLabel(name, ipAddress, isPrivate);
}

function checkDnsLabel(name: string, ipAddress: IpAddress, isPrivate: boolean): void {
  const { dnsNameLabel: label, autoGeneratedDomainNameLabelScope: scope } = ipAddress;
  if (scope && !scopes.includes(scope)) {
    refuse(
      'InvalidRequestContent',
      `The value '${scope}' of 'autoGeneratedDomainNameLabelScope' is invalid. It must be one of ${scopes.join(', ')}.`,
    );
  }
  if (!label) return;
  if (isPrivate) {
    refuse(
      'DnsNameLabelNotSupported',
      `The DNS name label is not supported for the private IP address of container group '${name}'.`,
    );
  }
  if (!dnsLabel.test(label)) {
    refuse(
      'InvalidDnsNameLabel',
      `The DNS name label '${label}' in container group '${name}' is invalid. It can contain only lowercase letters, numbers and hyphens. The first character must be a letter. The last character must be a letter or number. The value must be between 5 and 63 characters long.`,
    );
  }
}

/** Throws the service's refusal when an update would change what only a new group can have. */
export function checkUpdate(name: string, former: GroupDefinition, wanted: GroupDefinition): void {
  if (former.location !== wanted.location) {
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${name}' already exists in location '${former.location}'. A resource with the same name cannot be created in location '${wanted.location}'. Please select a new resource name.`,
    );
  }
  const fixed = ({ properties, zones }: GroupDefinition): string =>
    JSON.stringify([
      properties.osType,
      properties.restartPolicy ?? 'Always',
      properties.sku ?? 'Standard',
      properties.priority ?? 'Regular',
      properties.ipAddress?.type ?? null,
      (properties.subnetIds ?? []).map((subnet) => subnet.id.toLowerCase()),
      zones ?? [],
      properties.containers
        .map((each) => [
          each.name,
          each.properties.resources.requests.cpu,
          each.properties.resources.requests.memoryInGB,
        ])
        .sort(),
    ]);
  if (fixed(former) === fixed(wanted)) return;
  refuse(
    'InvalidContainerGroupUpdate',
    `The updates on container group '${name}' are invalid. If you are going to update the os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.`,
  );
}
