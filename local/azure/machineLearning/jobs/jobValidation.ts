import { resolveStorageUri, type OutputLocations } from '../assets/storageLocation';
import type { AssetStores } from '../assets/assetStore';
import { invalid, MlError } from '../mlError';
import { grid, readSearchSpace } from '../runner/searchSpace';
import { parseAssetReference } from '../resourceIds';
import type { Compute } from '../workspace/computes';
import { durationInSeconds } from './duration';
import type { PipelineNode } from '../runner/pipelineNode';
import type {
  CommandJob,
  JobInput,
  JobOutput,
  JobSpecification,
  PipelineJob,
  SweepJob,
  Trial,
} from './jobSpecification';
import { valueText } from '../../valueText';

export interface Workspace {
  stores: AssetStores;
  outputs: OutputLocations;
  computes: Compute[];
}

const inputTypes = ['literal', 'uri_file', 'uri_folder', 'mltable', 'custom_model', 'mlflow_model', 'triton_model'];
const inputModes = ['ReadOnlyMount', 'ReadWriteMount', 'Download', 'Direct', 'EvalMount', 'EvalDownload'];
const outputTypes = inputTypes.filter((type) => type !== 'literal');
const outputModes = ['ReadWriteMount', 'Upload', 'Direct'];

/** Checks a new job as the service does before it takes it. Throws the service's error. */
export function checkJob(name: string, job: Partial<JobSpecification>, workspace: Workspace): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$/.test(name)) {
    throw invalid(`The job name '${name}' may have letters, digits, '-' and '_' only, and at most 255 of them.`);
  }
  if (!job.jobType) throw invalid('The JobType field is required.');
  checkCompute(job, workspace.computes);
  for (const [key, input] of Object.entries(job.inputs ?? {})) checkInput(key, input, workspace);
  for (const [key, output] of Object.entries(job.outputs ?? {})) checkOutput(key, output, workspace);
  switch (job.jobType) {
    case 'Command':
      checkTrial(job, job, workspace, []);
      checkTimeout((job as CommandJob).limits?.timeout);
      return;
    case 'Sweep':
      checkSweep(job, workspace);
      return;
    case 'Pipeline':
      checkPipeline(job, workspace);
      return;
    default:
      throw invalid(`The job type '${valueText((job as { jobType: unknown }).jobType)}' is not supported.`);
  }
}

/** A pipeline and its steps name computes by their ids, serverless too. Source: recordings of azure-ai-ml's pipeline jobs. */
function checkPipeline(job: Partial<PipelineJob>, { computes, stores }: Workspace): void {
  const nodes = Object.entries(job.jobs ?? {}) as Array<[string, PipelineNode]>;
  if (nodes.length === 0) throw invalid('The pipeline job has no jobs.');
  for (const id of [job.settings?.default_compute, ...nodes.map(([, node]) => node.computeId)]) {
    checkComputeOfPipeline(id, computes);
  }
  for (const [name, node] of nodes) checkNode(name, node, stores);
}

function checkComputeOfPipeline(id: unknown, computes: Workspace['computes']): void {
  if (id === undefined || id === null || id === '') return;
  const name = /^\/subscriptions\/.*\/computes\/([^/]+)$/i.exec(valueText(id))?.[1]?.toLowerCase();
  if (name === 'serverless' || computes.some((compute) => compute.name === name)) return;
  throw new MlError(400, `Unknown compute target '${valueText(id)}'.`, 'ComputeTargetNotFound');
}

function checkNode(name: string, node: PipelineNode, stores: AssetStores): void {
  const id = node.trial?.componentId ?? node.componentId;
  if (id === undefined) throw invalid(`The node '${name}' of the pipeline has no componentId.`);
  const reference = parseAssetReference('components', id);
  if (reference && (reference.registry || stores.components.find(reference))) return;
  throw new MlError(404, `No component exists for '${id}'.`, 'NotFoundError');
}

function checkSweep(job: Partial<SweepJob>, workspace: Workspace): void {
  for (const field of ['trial', 'searchSpace', 'samplingAlgorithm', 'objective'] as const) {
    if (!job[field]) throw invalid(`The ${field} field is required.`);
  }
  if (!job.objective?.primaryMetric) throw invalid('The PrimaryMetric field is required.');
  if (!/^(min|max)imize$/i.test(job.objective.goal)) throw invalid("The goal is 'Minimize' or 'Maximize'.");
  const space = readSearchSpace(job.searchSpace ?? {});
  if (/^grid$/i.test(job.samplingAlgorithm?.samplingAlgorithmType ?? '')) grid(space);
  checkTrial(job.trial ?? {}, job, workspace, Object.keys(job.searchSpace ?? {}));
  checkTimeout(job.limits?.timeout);
  checkTimeout(job.limits?.trialTimeout);
}

type Ports = Pick<Partial<JobSpecification>, 'inputs' | 'outputs'>;

function checkTrial(trial: Partial<Trial>, job: Ports, { stores, computes }: Workspace, searchSpace: string[]): void {
  if (!trial.command) throw invalid('The Command field is required.');
  if (!trial.environmentId) throw invalid('The EnvironmentId field is required.');
  checkTrialAssets(trial.environmentId, trial.codeId, stores);
  const most = computes[0]?.maxNodeCount ?? 1;
  if ((trial.resources?.instanceCount ?? 1) > most) {
    throw invalid(`The job asks for ${trial.resources?.instanceCount} nodes, the compute has at most ${most}.`);
  }
  checkReferences(trial.command, job, searchSpace);
}

function checkTrialAssets(environmentId: string, codeId: string | undefined, stores: AssetStores): void {
  const environment = parseAssetReference('environments', environmentId);
  if (!environment || (!environment.registry && !stores.environments.find(environment))) {
    throw new MlError(404, `No environment exists for '${environmentId}'.`, 'NotFoundError');
  }
  const code = codeId ? parseAssetReference('codes', codeId) : undefined;
  if (codeId && !(code && stores.codes.find(code))) {
    throw new MlError(404, `No code exists for '${codeId}'.`, 'NotFoundError');
  }
}

/** What a command names in `${{ }}` must be there. */
function checkReferences(command: string, { inputs, outputs }: Ports, searchSpace: string[]): void {
  const known: Record<string, string[]> = {
    inputs: Object.keys(inputs ?? {}),
    outputs: Object.keys(outputs ?? {}),
    search_space: searchSpace,
  };
  for (const [, kind = '', key = ''] of command.matchAll(/\$\{\{\s*(inputs|outputs|search_space)\.([\w-]+)\s*\}\}/g)) {
    if (!known[kind]?.includes(key))
      throw invalid(`The command refers to '${kind}.${key}', which the job does not have.`);
  }
}

function checkCompute(job: Partial<JobSpecification>, computes: Compute[]): void {
  if (!job.computeId) return;
  const name = /\/computes\/([^/]+)$/i.exec(job.computeId)?.[1] ?? job.computeId.replace(/^azureml:/, '');
  if (computes.some((compute) => compute.name === name.toLowerCase())) return;
  throw new MlError(400, `Unknown compute target '${name}'.`, 'ComputeTargetNotFound');
}

function checkInput(key: string, input: JobInput, { stores, outputs }: Workspace): void {
  if (!inputTypes.includes(input.jobInputType))
    throw invalid(`The type '${input.jobInputType}' of input '${key}' is unknown.`);
  if (input.jobInputType === 'literal') {
    if (typeof input.value !== 'string') throw invalid(`The value of the literal input '${key}' is not a string.`);
    return;
  }
  if (!input.uri) throw invalid(`The input '${key}' has no uri.`);
  if (input.mode && !inputModes.includes(input.mode))
    throw invalid(`The mode '${input.mode}' of input '${key}' is unknown.`);
  const location = resolveStorageUri(input.uri, stores, outputs);
  if ('problem' in location)
    throw new MlError(400, `The input '${key}' is wrong: ${location.problem}`, 'NotFoundError');
}

function checkOutput(key: string, output: JobOutput, { stores, outputs }: Workspace): void {
  if (!outputTypes.includes(output.jobOutputType)) {
    throw invalid(`The type '${output.jobOutputType}' of output '${key}' is unknown.`);
  }
  if (output.mode && !outputModes.includes(output.mode)) {
    throw invalid(`The mode '${output.mode}' of output '${key}' is unknown.`);
  }
  if (!output.uri) return;
  const location = resolveStorageUri(output.uri, stores, outputs);
  if ('problem' in location)
    throw new MlError(400, `The output '${key}' is wrong: ${location.problem}`, 'NotFoundError');
}

function checkTimeout(timeout: string | undefined | null): void {
  if (timeout && durationInSeconds(timeout) === undefined)
    throw invalid(`The timeout '${timeout}' is not an ISO 8601 duration.`);
}
