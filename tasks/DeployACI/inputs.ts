import type { ServiceConnection } from '../common/azure/http/serviceConnection';
import type { DockerRegistryConnection } from '../common/dockerRegistryConnection';
import { readTrustedKeys } from '../common/evidence/trustedKeysInput';
import type { TrustedKey } from '../common/evidence/trustedKeys';
import { isVariableName, variableNameRule } from '../common/environmentVariable';
import { parseImageName } from '../common/imageName';
import type { InputReader } from '../common/task/inputReader';
import {
  containerGroupProblem,
  dnsNameLabelProblem,
  environmentVariableProblem,
  routeProblem,
  tagProblem,
} from './nameRules';
import type { Secret } from '../common/secret';

export type RegistryAuthentication =
  | { readonly kind: 'managedIdentity'; readonly identity?: string }
  | { readonly kind: 'adminUser' }
  | { readonly kind: 'credentials'; readonly connection: DockerRegistryConnection }
  | { readonly kind: 'none' };

export interface Inputs {
  readonly connection: ServiceConnection;
  readonly resourceGroup: string;
  /** The record's model must come from it; undefined accepts any. */
  readonly workspace?: string;
  readonly recordFile?: string;
  readonly containerGroup?: string;
  readonly location?: string;
  readonly image?: string;
  readonly allowImageTag: boolean;
  readonly requireApproval: boolean;
  /** Whose signatures count; undefined where none is asked for. */
  readonly trustedKeys?: readonly TrustedKey[];
  readonly registryAuthentication: RegistryAuthentication;
  readonly cpu: number;
  readonly memoryInGB: number;
  readonly port?: number;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly secretEnvironmentVariables: Readonly<Record<string, Secret>>;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly probes: boolean;
  readonly readinessPath?: string;
  readonly scoringPath?: string;
  readonly https: boolean;
  readonly apiKey?: Secret;
  readonly gatewayImage: string;
  readonly certificateAuthority?: string;
  /** account/share */
  readonly certificateShare?: string;
  readonly dnsNameLabel?: string;
  readonly dnsNameLabelReuse: string;
  readonly subnet?: string;
  readonly strategy: 'replace' | 'verifyFirst';
  readonly rollbackOnFailure: boolean;
  readonly keepFailedGroup: boolean;
  readonly startTimeoutInMinutes: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly zones: readonly string[];
  readonly logAnalyticsWorkspace?: string;
  readonly priority: 'Regular' | 'Spot';
  readonly sku: 'Standard' | 'Confidential';
  readonly confidentialPolicy?: string;
}

const reuseScopes = ['Unsecure', 'TenantReuse', 'SubscriptionReuse', 'ResourceGroupReuse', 'Noreuse'] as const;

export function readInputs(reader: InputReader): Inputs {
  const connection = reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription'));
  const resourceGroup = readResourceGroup(reader, connection);
  if (resourceGroup === '') {
    reader.problem(
      'resourceGroup',
      'it is empty, and the service connection is not scoped to one. Name the resource group.',
    );
  }
  const environmentVariables = reader.keyValues('environmentVariables');
  const inputs: Inputs = {
    connection,
    resourceGroup,
    workspace: reader.text('workspace'),
    recordFile: reader.file('recordFile'),
    containerGroup: reader.text('containerGroup'),
    location: reader.text('location')?.replace(/\s/g, '').toLowerCase(),
    image: reader.text('image'),
    allowImageTag: reader.flag('allowImageTag'),
    requireApproval: reader.flag('requireApproval'),
    trustedKeys: readTrustedKeys(reader),
    registryAuthentication: readRegistryAuthentication(reader),
    // Most that a container group can have. Source: learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits
    cpu: reader.number('cpu', { min: 0.01, max: 31 }) ?? 1,
    memoryInGB: reader.number('memoryInGB', { min: 0.1, max: 240, unit: 'GB' }) ?? 1.5,
    port: reader.number('port', { min: 1, max: 65535, integer: true }),
    environmentVariables,
    secretEnvironmentVariables: readSecretVariables(reader, environmentVariables),
    restartPolicy: reader.choice('restartPolicy', ['Always', 'OnFailure', 'Never']),
    probes: reader.flag('probes'),
    readinessPath: reader.text('readinessPath'),
    scoringPath: reader.text('scoringPath'),
    https: reader.flag('https'),
    apiKey: reader.secret('apiKey'),
    gatewayImage: reader.required('gatewayImage'),
    certificateAuthority: reader.text('certificateAuthority'),
    certificateShare: reader.text('certificateShare'),
    dnsNameLabel: reader.text('dnsNameLabel'),
    dnsNameLabelReuse: reader.choice('dnsNameLabelReuse', reuseScopes),
    subnet: reader.text('subnet'),
    strategy: reader.choice('strategy', ['replace', 'verifyFirst']),
    rollbackOnFailure: reader.flag('rollbackOnFailure'),
    keepFailedGroup: reader.flag('keepFailedGroup'),
    startTimeoutInMinutes: readStartTimeout(reader),
    tags: reader.keyValues('tags'),
    zones: reader.text('zones')?.split(/[\s,]+/) ?? [],
    logAnalyticsWorkspace: reader.text('logAnalyticsWorkspace'),
    priority: reader.choice('priority', ['Regular', 'Spot']),
    sku: reader.choice('sku', ['Standard', 'Confidential']),
    confidentialPolicy: reader.text('confidentialPolicy'),
  };
  checkNames(reader, inputs);
  checkAccess(reader, inputs);
  checkSize(reader, inputs);
  return inputs;
}

export type PostJobInputs = Pick<
  Inputs,
  'connection' | 'resourceGroup' | 'rollbackOnFailure' | 'keepFailedGroup' | 'startTimeoutInMinutes'
>;

/**
 * What undoing needs. The main step has judged the other inputs; at the job's end one of them may not hold any more, such
 * as a record file that a later step cleaned up, and that must not leave a group running.
 */
export function readPostJobInputs(reader: InputReader): PostJobInputs {
  const connection = reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription'));
  return {
    connection,
    resourceGroup: readResourceGroup(reader, connection),
    rollbackOnFailure: reader.flag('rollbackOnFailure'),
    keepFailedGroup: reader.flag('keepFailedGroup'),
    startTimeoutInMinutes: readStartTimeout(reader),
  };
}

function readResourceGroup(reader: InputReader, connection: ServiceConnection): string {
  return reader.text('resourceGroup') ?? connection.defaults.resourceGroup ?? '';
}

function readStartTimeout(reader: InputReader): number {
  return reader.number('startTimeoutInMinutes', { min: 0.1, max: 120, unit: 'minutes' }) ?? 10;
}

function readSecretVariables(
  reader: InputReader,
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, Secret>> {
  return reader.secretKeyValues('secretEnvironmentVariables', (name) => {
    if (!isVariableName(name))
      return `it does not begin with a valid name of an environment variable. ${variableNameRule}`;
    return Object.hasOwn(others, name) ? 'its name is also in environmentVariables. Keep one of them.' : undefined;
  });
}

function readRegistryAuthentication(reader: InputReader): RegistryAuthentication {
  const kind = reader.choice('registryAuthentication', ['managedIdentity', 'adminUser', 'credentials', 'none']);
  if (kind === 'managedIdentity') return { kind, identity: reader.text('userAssignedIdentity') };
  if (kind !== 'credentials') return { kind };
  return { kind, connection: reader.requiredDockerRegistryConnection('imageConnection') };
}

/** Names that Azure would refuse, said before any call. */
function checkNames(reader: InputReader, inputs: Inputs): void {
  const check = (input: string, value: string | undefined, problemOf: (value: string) => string | undefined) => {
    const problem = value === undefined ? undefined : problemOf(value);
    if (problem) reader.problem(input, problem);
  };
  check('containerGroup', inputs.containerGroup, containerGroupProblem);
  check('dnsNameLabel', inputs.dnsNameLabel, dnsNameLabelProblem);
  check('readinessPath', inputs.readinessPath, routeProblem);
  check('scoringPath', inputs.scoringPath, routeProblem);
  for (const name of Object.keys(inputs.environmentVariables)) {
    check('environmentVariables', name, environmentVariableProblem);
  }
  for (const [name, value] of Object.entries(inputs.tags)) check('tags', name, () => tagProblem(name, value));
  for (const input of ['image', 'gatewayImage'] as const) {
    check(input, inputs[input], (value) =>
      parseImageName(value) ? undefined : `"${value}" is not an image. Write registry/repository@sha256:….`,
    );
  }
  if (inputs.image && parseImageName(inputs.image)?.digest === undefined && !inputs.allowImageTag) {
    reader.problem(
      'image',
      `"${inputs.image}" has no digest, so what runs could change without notice. Write registry/repository@sha256:…, or set allowImageTag.`,
    );
  }
  check('subnet', inputs.subnet, (value) =>
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i.test(
      value,
    )
      ? undefined
      : `"${value}" is not a resource id of a subnet: /subscriptions/…/virtualNetworks/<name>/subnets/<name>.`,
  );
}

function checkAccess(reader: InputReader, inputs: Inputs): void {
  const { apiKey, dnsNameLabel, subnet } = inputs;
  if (subnet && dnsNameLabel) {
    reader.problem('dnsNameLabel', 'a group in a subnet has no public name. Leave dnsNameLabel or subnet empty.');
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]{16,}$/.test(apiKey.reveal())) {
    reader.problem('apiKey', 'it must have at least 16 characters, all printable ASCII without spaces.');
  }
  checkHttps(reader, inputs);
}

function checkHttps(reader: InputReader, inputs: Inputs): void {
  const { https, dnsNameLabel, certificateAuthority, certificateShare, port } = inputs;
  if (https && !dnsNameLabel) {
    reader.problem('https', 'a certificate needs a public name. Set dnsNameLabel.');
  }
  if (https && (port === 80 || port === 443)) {
    reader.problem(
      'port',
      `the gateway itself listens at ports 80 and 443. Let the container listen at another one than ${port}.`,
    );
  }
  if (certificateAuthority && !/^https:\/\/\S+$/.test(certificateAuthority)) {
    reader.problem('certificateAuthority', `"${certificateAuthority}" is not an https address of an ACME directory.`);
  }
  if (certificateShare && !https) reader.problem('certificateShare', 'there is no certificate to keep without https.');
  if (certificateShare && !/^[a-z0-9]{3,24}\/(?=[a-z0-9-]{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(certificateShare)) {
    reader.problem(
      'certificateShare',
      `"${certificateShare}" names no share of a storage account. Write storageaccount/share.`,
    );
  }
}

function checkSize(reader: InputReader, { cpu, memoryInGB, priority, sku, subnet, confidentialPolicy }: Inputs): void {
  if (Math.abs(memoryInGB * 10 - Math.round(memoryInGB * 10)) > 1e-9) {
    reader.problem('memoryInGB', `Azure gives memory in steps of 0.1 GB, not ${memoryInGB}.`);
  }
  if (cpu < 1) reader.problem('cpu', `a container group has at least 1 core, not ${cpu}.`);
  if (memoryInGB < 1) reader.problem('memoryInGB', `a container group has at least 1 GB, not ${memoryInGB}.`);
  if (priority === 'Spot') {
    if (cpu > 4 || memoryInGB > 16) reader.problem('priority', 'a Spot group has at most 4 cores and 16 GB.');
    if (subnet) reader.problem('priority', 'a Spot group cannot be in a subnet.');
    if (sku === 'Confidential') reader.problem('priority', 'a confidential group cannot be Spot.');
  }
  if (confidentialPolicy && sku !== 'Confidential') {
    reader.problem('confidentialPolicy', 'it needs the SKU Confidential.');
  }
}
