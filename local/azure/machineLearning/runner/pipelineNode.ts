import type { AssetStores } from '../assets/assetStore';
import type { Distribution, JobInput, JobOutput, JobSpecification, PipelineJob, Trial } from '../jobs/jobSpecification';
import { parseAssetReference } from '../resourceIds';
import { userFailure } from './runFailure';
import { valueText } from '../../valueText';

/** A node as clients send it: its own words in snake case, what was registered by id. */
export interface PipelineNode {
  type?: string;
  display_name?: string;
  componentId?: string;
  computeId?: string;
  inputs?: Record<string, NodeInput | string | number | boolean>;
  outputs?: Record<string, NodeOutput | string>;
  environment_variables?: Record<string, string>;
  resources?: Record<string, unknown>;
  distribution?: Record<string, unknown>;
  limits?: Record<string, unknown>;
  identity?: unknown;
  /** Of a sweep. */
  trial?: { componentId: string };
  search_space?: Record<string, unknown>;
  sampling_algorithm?: string | { type?: string; seed?: number };
  objective?: { goal: string; primary_metric: string };
}

interface NodeInput {
  job_input_type?: string;
  value?: unknown;
  uri?: string;
  mode?: string;
}
interface NodeOutput {
  job_output_type?: string;
  value?: string;
  uri?: string;
  mode?: string;
}

interface ComponentSpec {
  type?: string;
  command?: string;
  code?: string;
  environment?: string;
  inputs?: Record<string, { type?: string; default?: unknown; optional?: boolean }>;
  outputs?: Record<string, { type?: string; mode?: string }>;
  environment_variables?: Record<string, string>;
  resources?: Record<string, unknown>;
  distribution?: Record<string, unknown>;
  jobs?: Record<string, PipelineNode>;
}

/** What a node's bindings lead to. */
export interface NodeScope {
  pipeline: PipelineJob;
  /** Of the pipeline job itself. */
  name: string;
  outputUris: Record<string, string>;
  /** The job of each node. */
  children: Record<string, string>;
  nodes: Record<string, PipelineNode>;
  stores: AssetStores;
}

const binding = /^\s*\$\{\{\s*parent\.(inputs|outputs|jobs)\.(\w+)(?:\.outputs\.(\w+))?\s*\}\}\s*$/;

/** The nodes whose outputs a node takes. */
export function nodeDependencies(node: PipelineNode): string[] {
  const bindings = Object.values(node.inputs ?? {}).map((input) => binding.exec(boundText(input)));
  return [...new Set(bindings.flatMap((match) => (match?.[1] === 'jobs' ? [match[2] ?? ''] : [])))];
}

/** The job that a node is. */
export function nodeJob(name: string, scope: NodeScope): JobSpecification {
  const node = scope.nodes[name] as PipelineNode;
  const component = componentOf(node.trial?.componentId ?? node.componentId, name, scope.stores);
  const { pipeline } = scope;
  const common = {
    experimentName: pipeline.experimentName,
    computeId: computeOf(node, pipeline),
    identity: node.identity,
    inputs: inputsOf(name, node, component, scope),
    outputs: outputsOf(node, component, scope),
  };
  if (component.type === 'pipeline') {
    return {
      jobType: 'Pipeline',
      ...common,
      settings: pipeline.settings,
      jobs: component.jobs as PipelineJob['jobs'],
    };
  }
  const trial = trialOf(name, node, component);
  const limits = camelCase(node.limits) as { timeout?: string } | undefined;
  if (node.type === 'sweep') return { jobType: 'Sweep', ...common, trial, ...searchOf(node), limits };
  return { jobType: 'Command', ...common, ...trial, limits };
}

/** Undefined where it runs serverless. */
function computeOf({ computeId }: PipelineNode, pipeline: PipelineJob): string | undefined {
  const compute = computeId ?? pipeline.settings?.default_compute ?? pipeline.computeId;
  return typeof compute === 'string' && !/\/computes\/serverless$/i.test(compute) ? compute : undefined;
}

/** What a command runs, or each trial of a sweep. */
function trialOf(name: string, node: PipelineNode, component: ComponentSpec): Trial {
  if (!component.command || !component.environment) {
    throw userFailure(`The component of node '${name}' has no command or no environment.`, 'PipelineNode');
  }
  return {
    command: component.command,
    codeId: component.code,
    environmentId: component.environment,
    environmentVariables: { ...component.environment_variables, ...node.environment_variables },
    resources: camelCase(node.resources ?? component.resources),
    distribution: distributionOf(node.distribution ?? component.distribution),
  };
}

function searchOf({ search_space: space, sampling_algorithm: sampling, objective }: PipelineNode) {
  const algorithm = typeof sampling === 'string' ? { type: sampling } : sampling;
  return {
    searchSpace: space ?? {},
    samplingAlgorithm: { samplingAlgorithmType: capital(algorithm?.type ?? 'random'), seed: algorithm?.seed },
    objective: { goal: capital(objective?.goal ?? ''), primaryMetric: objective?.primary_metric ?? '' },
  };
}

function componentOf(id: string | undefined, node: string, stores: AssetStores): ComponentSpec {
  const reference = id ? parseAssetReference('components', id) : undefined;
  const component = reference && stores.components.find(reference);
  if (!component) throw userFailure(`The component '${id}' of node '${node}' was not found.`, 'PipelineNode');
  return component.properties.componentSpec as ComponentSpec;
}

function inputsOf(
  name: string,
  node: PipelineNode,
  component: ComponentSpec,
  scope: NodeScope,
): Record<string, JobInput> {
  const result: Record<string, JobInput> = {};
  for (const [key, port] of Object.entries(component.inputs ?? {})) {
    const given = node.inputs?.[key];
    if (given !== undefined) result[key] = inputOf(given, scope);
    else if (port.default !== undefined) result[key] = { jobInputType: 'literal', value: valueText(port.default) };
    else if (!port.optional) throw userFailure(`The input '${key}' of node '${name}' has no value.`, 'PipelineNode');
  }
  return result;
}

function inputOf(given: NodeInput | string | number | boolean, scope: NodeScope): JobInput {
  const match = binding.exec(boundText(given));
  const mode = typeof given === 'object' ? given.mode : undefined;
  if (match) {
    const [, kind, first = '', output = ''] = match;
    if (kind === 'inputs') {
      const bound = scope.pipeline.inputs?.[first];
      if (!bound) throw userFailure(`The pipeline has no input '${first}'.`, 'PipelineNode');
      return mode ? { ...bound, mode } : bound;
    }
    const uri = `azureml://jobs/${scope.children[first]}/outputs/${output}/paths/`;
    return { jobInputType: 'uri_folder', uri, mode: mode ?? 'ReadOnlyMount' };
  }
  if (typeof given !== 'object') return { jobInputType: 'literal', value: String(given) };
  if (given.uri === undefined) return { jobInputType: 'literal', value: String(given.value) };
  return { jobInputType: given.job_input_type ?? 'uri_folder', uri: given.uri, mode };
}

function outputsOf(node: PipelineNode, component: ComponentSpec, scope: NodeScope): Record<string, JobOutput> {
  const entries = Object.entries(component.outputs ?? {}).map(([key, port]): [string, JobOutput] => {
    const given = node.outputs?.[key];
    const match = binding.exec(boundText(given));
    const bound = match?.[1] === 'outputs' ? scope.outputUris[match[2] ?? ''] : undefined;
    const own = typeof given === 'object' ? given : {};
    return [
      key,
      {
        jobOutputType: own.job_output_type ?? port.type ?? 'uri_folder',
        mode: own.mode ?? 'ReadWriteMount',
        uri: bound ?? own.uri,
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** The text in which a binding may stand, whatever form the input or output has. */
function boundText(given: unknown): string {
  if (typeof given === 'string') return given;
  const { value, uri } = (given ?? {}) as { value?: unknown; uri?: unknown };
  return typeof uri === 'string' ? uri : typeof value === 'string' ? value : '';
}

/** YAML writes `type: pytorch`, the service's own body distributionType: PyTorch. */
function distributionOf(given: Record<string, unknown> | undefined): Distribution | undefined {
  if (!given) return undefined;
  const { type, distributionType, ...rest } = camelCase(given) as Record<string, string>;
  const kinds = { pytorch: 'PyTorch', mpi: 'Mpi', tensorflow: 'TensorFlow' } as const;
  const kind = kinds[(distributionType ?? type ?? '').toLowerCase().replace(/_/g, '') as keyof typeof kinds];
  return kind ? { ...rest, distributionType: kind } : undefined;
}

function camelCase(given: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (!given) return undefined;
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
