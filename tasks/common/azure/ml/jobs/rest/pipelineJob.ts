import { ownValue } from '../../../../ownValue';
import * as path from 'node:path';
import { TaskFailure } from '../../../../taskFailure';
import type { JobAssets } from './jobAssets';
import { commandComponentShape, pipelineComponentShape } from '../specification/jobShapes';
import {
  originOf,
  type AssetInput,
  type CommandSpec,
  type ComponentSpec,
  type NodeSpec,
  type OutputSpec,
  type PipelineSpec,
  type Scalar,
  type SpecSource,
  type SweepSpec,
} from '../specification/jobSpec';
import type { JobProperties } from './jobs';
import {
  baseProperties,
  codeAndEnvironment,
  distribution,
  duration,
  identity,
  inputs,
  isBinding,
  outputs,
  queueSettings,
  resources,
  services,
  texts,
} from './restParts';
import { checkReferences } from '../specification/references';
import { isMapping, type Note } from '../specification/checkedShape';
import { earlyTermination } from './sweepParts';
import { YamlSource, type YamlPath } from '../specification/yamlSource';

/** What a binding may lead to: the type of each of the pipeline's inputs, and of each output of its nodes. */
interface Ports {
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly nodes: Readonly<Record<string, NodeSpec>>;
}

/** A pipeline's programs become components of the workspace; its nodes refer to them. Source: what azure-ai-ml sends. */
export async function pipelineProperties(
  spec: PipelineSpec,
  source: SpecSource,
  assets: JobAssets,
): Promise<JobProperties> {
  const ports: Ports = { inputs: jobInputTypes(spec), outputs: outputTypes(spec.outputs), nodes: spec.jobs };
  const base = await baseProperties(spec, source, assets);
  const { default_compute: compute, default_datastore: datastore, ...settings } = spec.settings ?? {};
  if (compute === undefined && spec.compute === undefined) requireComputes(spec.jobs, source);
  return {
    jobType: 'Pipeline',
    ...base,
    jobs: await nodes(spec.jobs, source, ['jobs'], ports, assets),
    settings: {
      ...settings,
      default_compute:
        compute === undefined
          ? undefined
          : await assets.pipelineCompute(String(compute), originOf(source, ['settings', 'default_compute'])),
      default_datastore: datastore === undefined ? undefined : String(datastore).replace(/^azureml:/, ''),
      _source: 'YAML.JOB',
    },
  };
}

/** The service gives a node none of its own accord. */
function requireComputes(specs: Record<string, NodeSpec>, source: SpecSource): void {
  for (const [name, { type, compute }] of Object.entries(specs)) {
    if (type === 'pipeline' || compute !== undefined) continue;
    throw new TaskFailure(
      `${source.place(['jobs', name])}: the node has no compute, and the pipeline has none for all nodes.`,
      'Name one as settings.default_compute, as compute of the node, or in the input compute; serverless is one too.',
    );
  }
}

async function nodes(
  specs: Record<string, NodeSpec>,
  source: SpecSource,
  at: YamlPath,
  ports: Ports,
  assets: JobAssets,
): Promise<Record<string, unknown>> {
  const result = new Map<string, unknown>();
  for (const [name, spec] of Object.entries(specs)) {
    result.set(name, await node(name, spec, source, [...at, name], ports, assets));
  }
  return Object.fromEntries(result);
}

async function node(
  name: string,
  spec: NodeSpec,
  source: SpecSource,
  at: YamlPath,
  ports: Ports,
  assets: JobAssets,
): Promise<Record<string, unknown>> {
  const common = {
    name,
    type: spec.type ?? 'command',
    display_name: spec.display_name,
    tags: texts(spec.tags),
    inputs: await inputs(spec.inputs, source, [...at, 'inputs'], assets, 'snake'),
    outputs: outputs(withoutDefaults(spec.outputs), 'snake'),
    computeId:
      spec.compute === undefined
        ? undefined
        : await assets.pipelineCompute(spec.compute, originOf(source, [...at, 'compute'])),
    identity: identity(spec.identity, 'snake'),
    services: services(spec.services, 'snake'),
  };
  if (spec.type === 'pipeline') {
    return {
      ...common,
      _source: originOfComponent(spec.component),
      componentId: await component(spec.component, source, at, assets),
    };
  }
  if (spec.type === 'sweep') return { ...common, ...(await sweepNode(spec, source, at, ports, assets)) };
  const rest = {
    ...common,
    environment_variables: texts(spec.environment_variables),
    distribution: distribution(spec.distribution, 'snake'),
    resources: resources(spec.resources, 'snake'),
    limits: spec.limits && { job_limits_type: 'Command', timeout: duration(spec.limits.timeout) },
    queue_settings: queueSettings(spec.queue_settings, 'snake'),
  };
  const given = spec.component;
  if (typeof given === 'string') {
    return { ...rest, _source: originOfComponent(given), componentId: await component(given, source, at, assets) };
  }
  const program: ComponentSpec = given ?? { ...programOf(spec), ...ownPorts(spec, ports) };
  const place = given ? [...at, 'component'] : at;
  return { ...rest, _source: 'YAML.JOB', componentId: await register(program, source, place, assets, 'YAML.JOB') };
}

async function sweepNode(
  spec: SweepSpec,
  source: SpecSource,
  at: YamlPath,
  ports: Ports,
  assets: JobAssets,
): Promise<Record<string, unknown>> {
  const { trial, limits } = spec;
  const isFile = typeof trial === 'string';
  const trialId = isFile
    ? await component(trial, source, [...at, 'trial'], assets)
    : await register({ ...trial, ...ownPorts(spec, ports) }, source, [...at, 'trial'], assets, 'YAML.JOB');
  return {
    _source: isFile ? originOfComponent(trial) : 'YAML.JOB',
    trial: { componentId: trialId },
    search_space: spec.search_space,
    sampling_algorithm: spec.sampling_algorithm ?? 'random',
    objective: spec.objective,
    early_termination: earlyTermination(spec.early_termination, 'snake'),
    limits,
    queue_settings: queueSettings(spec.queue_settings, 'snake'),
  };
}

/** Where a node's component comes from, in the words of the service. */
function originOfComponent(reference: string): string {
  if (/^azureml:\/\/registries\//i.test(reference)) return 'REMOTE.REGISTRY';
  return isRegistered(reference) ? 'REMOTE.WORKSPACE.COMPONENT' : 'YAML.COMPONENT';
}

function isRegistered(reference: string): boolean {
  return /^(azureml:|\/subscriptions\/)/i.test(reference);
}

/** The id of a component that a node names: a file beside the job's, or one that is registered. */
async function component(reference: string, source: SpecSource, at: YamlPath, assets: JobAssets): Promise<string> {
  if (isRegistered(reference)) return assets.component(reference, originOf(source, at));
  const file = new YamlSource(path.resolve(source.directory, reference.replace(/^file:/, '')));
  const shape =
    isMapping(file.value) && file.value.type === 'pipeline' ? pipelineComponentShape : commandComponentShape;
  const note: Note = (place, problem) => file.problem(place, problem);
  shape(file.value, [], note);
  if (isMapping(file.value)) checkReferences(file.value, note);
  file.finish();
  return register(file.value as ComponentSpec, file, [], assets, 'YAML.COMPONENT');
}

async function register(
  spec: ComponentSpec,
  source: SpecSource,
  at: YamlPath,
  assets: JobAssets,
  writtenIn: string,
): Promise<string> {
  const common = {
    name: 'azureml_anonymous',
    version: '1',
    display_name: spec.display_name,
    description: spec.description,
    is_deterministic: spec.is_deterministic ?? true,
    inputs: ports(spec.inputs, source, [...at, 'inputs']),
    outputs: ports(spec.outputs, source, [...at, 'outputs']),
    _source: writtenIn,
  };
  if (spec.type === 'pipeline') {
    const inside: Ports = { inputs: portTypes(spec.inputs), outputs: portTypes(spec.outputs), nodes: spec.jobs! };
    const jobs = await nodes(spec.jobs!, source, [...at, 'jobs'], inside, assets);
    return assets.anonymousComponent({ ...common, type: 'pipeline', jobs });
  }
  const { codeId, environmentId } = await codeAndEnvironment(spec, source, at, assets);
  return assets.anonymousComponent({
    ...common,
    type: 'command',
    command: spec.command,
    code: codeId && idInComponent(codeId),
    environment: environmentId && idInComponent(environmentId),
    environment_variables: texts(spec.environment_variables),
    distribution: spec.distribution,
    resources: spec.resources,
  });
}

/**
 * An ARM id as a component's specification holds it. Source: recordings of azure-ai-ml's pipeline jobs, where the service
 * echoes `azureml:/subscriptions/…`.
 */
function idInComponent(id: string): string {
  return id.startsWith('/') ? `azureml:${id}` : id;
}

function programOf({ command, code, environment, distribution, resources }: CommandSpec): ComponentSpec {
  return { command, code, environment, distribution, resources };
}

/** The inputs and outputs of a node's own program, whose types follow from what they are bound to. */
function ownPorts(spec: CommandSpec | SweepSpec, ports: Ports): Pick<ComponentSpec, 'inputs' | 'outputs'> {
  return {
    inputs:
      spec.inputs &&
      Object.fromEntries(
        Object.entries(spec.inputs).map(([name, value]): [string, Record<string, unknown>] => {
          if (isMapping(value)) return [name, { type: value.type ?? 'uri_folder' }];
          if (isBinding(value)) return [name, { type: boundType(value, ports) }];
          return [name, { type: literalType(value as Scalar) }];
        }),
      ),
    outputs:
      spec.outputs &&
      Object.fromEntries(
        Object.entries(spec.outputs).map(([name, value]): [string, Record<string, unknown>] => [
          name,
          { type: typeof value === 'string' ? boundType(value, ports) : (value?.type ?? 'uri_folder') },
        ]),
      ),
  };
}

/** The type of what `${{parent.…}}` leads to; a folder where that is not said. */
function boundType(binding: string, { inputs: given, outputs: made, nodes: others }: Ports): string {
  const [, kind, first = '', output = ''] =
    /\$\{\{\s*parent\.(inputs|outputs|jobs)\.(\w+)(?:\.outputs\.(\w+))?\s*\}\}/.exec(binding) ?? [];
  if (kind === 'inputs') return ownValue(given, first) ?? 'uri_folder';
  if (kind === 'outputs') return ownValue(made, first) ?? 'uri_folder';
  const value = ownValue(ownValue(others, first)?.outputs, output);
  return (isMapping(value) && (value as OutputSpec).type) || 'uri_folder';
}

function jobInputTypes(spec: PipelineSpec): Record<string, string> {
  const entries = Object.entries(spec.inputs ?? {}).map(([name, value]): [string, string] => [
    name,
    isMapping(value) ? ((value as AssetInput).type ?? 'uri_folder') : literalType(value as Scalar),
  ]);
  return Object.fromEntries(entries);
}

function outputTypes(values: PipelineSpec['outputs']): Record<string, string> {
  const entries = Object.entries(values ?? {}).map(([name, value]): [string, string] => [
    name,
    (isMapping(value) && (value as OutputSpec).type) || 'uri_folder',
  ]);
  return Object.fromEntries(entries);
}

function portTypes(values: ComponentSpec['inputs']): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, { type }]) => [name, String(type)]));
}

function literalType(value: Scalar): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return 'string';
}

/** A component's own declarations; defaults as text, as the service keeps them. */
function ports(values: ComponentSpec['inputs'], source: SpecSource, at: YamlPath): unknown {
  if (!values) return undefined;
  const entries = Object.entries(values).map(([name, port]) => {
    const { default: value } = port;
    const written =
      typeof value === 'boolean' ? (value ? 'True' : 'False') : source.writtenAs([...at, name, 'default']);
    return [name, value === undefined ? port : { ...port, default: written ?? String(value) }] as const;
  });
  return Object.fromEntries(entries);
}

/** An output that only is named needs no word in the node: its component declares it. */
function withoutDefaults(values: NodeSpec['outputs']): NodeSpec['outputs'] {
  if (!values) return undefined;
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
