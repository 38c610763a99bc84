import { readEnvironmentFile } from '../specification/environmentFile';
import type { JobAssets } from './jobAssets';
import {
  originOf,
  type AssetInput,
  type JobSpecBase,
  type ProgramSpec,
  type Scalar,
  type SpecSource,
} from '../specification/jobSpec';
import { isMapping } from '../specification/checkedShape';
import type { YamlPath } from '../specification/yamlSource';

/**
 * The parts that all kinds of jobs share, from YAML's words into those of the REST API (2024-04-01).
 * Source: azure-rest-api-specs, mfe.json, and what azure-ai-ml sends for the same YAML.
 */
const inputModes: Record<string, string> = {
  ro_mount: 'ReadOnlyMount',
  rw_mount: 'ReadWriteMount',
  download: 'Download',
  direct: 'Direct',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
};
const outputModes: Record<string, string> = {
  rw_mount: 'ReadWriteMount',
  mount: 'ReadWriteMount',
  upload: 'Upload',
  direct: 'Direct',
};
const serviceTypes: Record<string, string> = {
  vs_code: 'VSCode',
  jupyter_lab: 'JupyterLab',
  tensor_board: 'TensorBoard',
  ssh: 'SSH',
  custom: 'Custom',
};
const distributionTypes: Record<string, string> = { pytorch: 'PyTorch', mpi: 'Mpi', tensorflow: 'TensorFlow' };
const identityTypes: Record<string, string> = {
  managed: 'Managed',
  managed_identity: 'Managed',
  user_identity: 'UserIdentity',
  aml_token: 'AMLToken',
};

/** Which spelling of keys is wanted: the API's own, or that of the nodes of a pipeline, which the API hands through. */
export type Spelling = 'camel' | 'snake';

export function spelled(spelling: Spelling, camel: string): string {
  return spelling === 'camel' ? camel : camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export async function baseProperties(
  spec: JobSpecBase,
  source: SpecSource,
  assets: JobAssets,
): Promise<Record<string, unknown>> {
  return {
    displayName: spec.display_name,
    experimentName: spec.experiment_name,
    description: spec.description,
    tags: texts(spec.tags),
    properties: texts(spec.properties),
    computeId:
      spec.compute === undefined ? undefined : await assets.compute(spec.compute, originOf(source, ['compute'])),
    identity: identity(spec.identity, 'camel'),
    services: services(spec.services, 'camel'),
    notificationSetting: spec.notification_setting && notification(spec.notification_setting),
    inputs: await inputs(spec.inputs, source, ['inputs'], assets, 'camel'),
    outputs: outputs(spec.outputs, 'camel'),
  };
}

/** What runs on nodes, of a command job or of a sweep's trial. */
export async function programProperties(
  spec: ProgramSpec,
  source: SpecSource,
  at: YamlPath,
  assets: JobAssets,
): Promise<Record<string, unknown>> {
  return {
    command: spec.command,
    ...(await codeAndEnvironment(spec, source, at, assets)),
    environmentVariables: texts(spec.environment_variables),
    distribution: distribution(spec.distribution, 'camel'),
    resources: resources(spec.resources, 'camel'),
  };
}

export async function codeAndEnvironment(
  spec: Pick<ProgramSpec, 'code' | 'environment'>,
  source: SpecSource,
  at: YamlPath,
  assets: JobAssets,
): Promise<{ codeId?: string; environmentId: string }> {
  // One after the other: a message about one of them must not overtake the other's.
  const inFile = typeof spec.environment === 'string' && readEnvironmentFile(spec.environment, source.directory);
  const { spec: environment, origin } = inFile || {
    spec: spec.environment,
    origin: originOf(source, [...at, 'environment']),
  };
  const environmentId = await assets.environment(environment, origin);
  const codeId = spec.code === undefined ? undefined : await assets.code(spec.code, originOf(source, [...at, 'code']));
  return { codeId, environmentId };
}

export async function inputs(
  values: JobSpecBase['inputs'],
  source: SpecSource,
  at: YamlPath,
  assets: JobAssets,
  spelling: Spelling,
): Promise<Record<string, unknown> | undefined> {
  if (!values) return undefined;
  const typeKey = spelled(spelling, 'jobInputType');
  // By Map: an input may have any name, __proto__ too.
  const result = new Map<string, unknown>();
  for (const [name, value] of Object.entries(values)) {
    if (!isMapping(value)) {
      result.set(name, { [typeKey]: 'literal', value: literal(value as Scalar, source, [...at, name]) });
      continue;
    }
    const { path, type = 'uri_folder', mode, description } = value as unknown as AssetInput;
    const common = { mode: mode && inputModes[mode], description };
    const input = isBinding(path)
      ? { [typeKey]: 'literal', value: path, ...common }
      : { [typeKey]: type, uri: await assets.data(path, type, originOf(source, [...at, name, 'path'])), ...common };
    result.set(name, input);
  }
  return Object.fromEntries(result);
}

/** A literal as text: numbers as they were written, truth as Python writes it, because scripts that az ml started read it so. */
export function literal(value: Scalar, source: SpecSource, at: YamlPath): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return source.writtenAs(at) ?? String(value);
  return value;
}

export function outputs(values: JobSpecBase['outputs'], spelling: Spelling): Record<string, unknown> | undefined {
  if (!values) return undefined;
  const typeKey = spelled(spelling, 'jobOutputType');
  const entries = Object.entries(values).map(([name, value]): [string, unknown] => {
    if (typeof value === 'string') return [name, { type: 'literal', value }];
    const { type = 'uri_folder', path, mode, description } = value ?? {};
    if (path !== undefined && isBinding(path)) return [name, { type: 'literal', value: path }];
    return [name, { [typeKey]: type, uri: path, mode: mode && outputModes[mode], description }];
  });
  return Object.fromEntries(entries);
}

/** `${{parent.inputs.x}}`: the value is that of something else in the pipeline. */
export function isBinding(text: unknown): text is string {
  return typeof text === 'string' && /^\s*\$\{\{.*\}\}\s*$/s.test(text);
}

export function distribution(value: ProgramSpec['distribution'], spelling: Spelling): unknown {
  if (!value) return undefined;
  return {
    [spelled(spelling, 'distributionType')]: distributionTypes[String(value.type).toLowerCase()],
    [spelled(spelling, 'processCountPerInstance')]: value.process_count_per_instance,
    [spelled(spelling, 'workerCount')]: value.worker_count,
    [spelled(spelling, 'parameterServerCount')]: value.parameter_server_count,
  };
}

export function resources(value: ProgramSpec['resources'], spelling: Spelling): unknown {
  if (!value) return undefined;
  return {
    [spelled(spelling, 'instanceCount')]: value.instance_count === undefined ? undefined : Number(value.instance_count),
    [spelled(spelling, 'instanceType')]: value.instance_type,
    [spelled(spelling, 'shmSize')]: value.shm_size,
    [spelled(spelling, 'dockerArgs')]: value.docker_args,
    properties: value.properties,
  };
}

export function identity(value: JobSpecBase['identity'], spelling: Spelling): unknown {
  if (!value) return undefined;
  return {
    [spelled(spelling, 'identityType')]: identityTypes[value.type!],
    [spelled(spelling, 'clientId')]: value.client_id,
    [spelled(spelling, 'objectId')]: value.object_id,
    [spelled(spelling, 'resourceId')]: value.resource_id ?? value.msi_resource_id,
  };
}

export function services(value: JobSpecBase['services'], spelling: Spelling): unknown {
  if (!value) return undefined;
  const entries = Object.entries(value).map(([name, service]) => {
    const { type, job_service_type: legacyType, nodes, port, log_dir, ssh_public_keys, properties } = service;
    const all = {
      ...(properties as object | undefined),
      ...(log_dir ? { logDir: log_dir } : {}),
      ...(ssh_public_keys ? { sshPublicKeys: ssh_public_keys } : {}),
    };
    const rest = {
      [spelled(spelling, 'jobServiceType')]: serviceTypes[String(type ?? legacyType)],
      nodes: nodes === undefined ? undefined : { [spelled(spelling, 'nodesValueType')]: 'All' },
      port,
      properties: Object.keys(all).length > 0 ? all : undefined,
    };
    return [name, rest] as const;
  });
  return Object.fromEntries(entries);
}

export function queueSettings(value: { job_tier?: string } | undefined, spelling: Spelling): unknown {
  if (!value?.job_tier) return undefined;
  const tier = value.job_tier.toLowerCase();
  return { [spelled(spelling, 'jobTier')]: tier.charAt(0).toUpperCase() + tier.slice(1) };
}

/** Seconds as an ISO 8601 duration. */
export function duration(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `PT${seconds}S`;
}

export function texts(values: Record<string, Scalar | null> | undefined): Record<string, string> | undefined {
  if (!values) return undefined;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === null ? '' : String(value)]));
}

function notification({ email_on: emailOn, emails, webhooks }: Record<string, unknown>): unknown {
  const words: Record<string, string> = {
    job_completed: 'JobCompleted',
    job_failed: 'JobFailed',
    job_cancelled: 'JobCancelled',
  };
  const on = Array.isArray(emailOn) ? emailOn.map((each: string) => words[each.toLowerCase()] ?? each) : undefined;
  return { emailOn: on, emails, webhooks };
}
