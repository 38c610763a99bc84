import * as path from 'node:path';
import { readJobFile } from '../common/azure/ml/jobs/specification/jobFile';
import { checkReferences } from '../common/azure/ml/jobs/specification/references';
import type {
  AssetInput,
  CommandSpec,
  JobSpec,
  OutputSpec,
  Scalar,
  SpecSource,
} from '../common/azure/ml/jobs/specification/jobSpec';
import { TaskFailure } from '../common/taskFailure';
import type { InlineJob, Overrides, TrainInputs } from './inputs';

/** A plain Ubuntu image with Conda, for a Conda file that comes without an image. */
const plainImage = 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04';
const assetType = /^(uri_file|uri_folder|mltable|custom_model|mlflow_model|triton_model)(?:\s+(\S.*))?$/;
/** What Azure ML reads data from; any other address in jobInputs, such as one of a database or a web page, is a literal. */
const dataAddress = /^(azureml:|(?:https|wasbs|abfss|adl):\/\/)/i;
const looksLikeUri = /^(azureml:|[a-z][a-z0-9+.-]+:\/\/|runs:\/)/i;

/** The job that the inputs describe, and where what it says was written. */
export function jobSpecification(
  job: Exclude<TrainInputs['job'], { source: 'existing' }>,
  overrides: Overrides,
  workDirectory: string,
): { spec: JobSpec; source: SpecSource } {
  if (job.source === 'file') {
    const { spec, source } = readJobFile(job.file);
    return { spec: override(spec, overrides, workDirectory, job.file), source };
  }
  const spec = override(inlineSpec(job, overrides), overrides, workDirectory);
  checkReferences(spec as unknown as Record<string, unknown>, (_, problem) => {
    throw new TaskFailure(`Input command: ${problem}`);
  });
  return {
    spec,
    source: {
      directory: workDirectory,
      writtenAs: () => undefined,
      place: (at) => `Input ${inputNames[String(at[0])] ?? String(at[0])}${at.length > 1 ? `, ${String(at[1])}` : ''}`,
    },
  };
}

/** The task's inputs that hold what a job file says under these keys. */
const inputNames: Record<string, string> = {
  code: 'sourceDirectory',
  inputs: 'jobInputs',
  outputs: 'jobOutputs',
};

/** The job without a file. Its inputs are data where they are addresses of data, and literals otherwise. */
function inlineSpec(job: InlineJob, overrides: Overrides): CommandSpec {
  const image = job.environment ?? plainImage;
  const isRegistered = /^(azureml:|\/subscriptions\/)/i.test(image);
  return {
    type: 'command',
    command: job.command,
    code: job.sourceDirectory,
    environment: isRegistered ? image : { image, conda_file: job.condaFile },
    inputs: Object.fromEntries(
      Object.entries(overrides.inputs).map(([name, text]) => [
        name,
        dataAddress.test(text) ? { type: 'uri_folder', path: text } : '',
      ]),
    ),
    outputs: Object.fromEntries(Object.entries(job.outputs).map(([name, text]) => [name, inlineOutput(name, text)])),
  };
}

function inlineOutput(name: string, text: string): OutputSpec {
  const [, type, uri] = assetType.exec(text) ?? [];
  if (type) return { type, path: uri };
  if (looksLikeUri.test(text)) return { path: text };
  throw new TaskFailure(
    `Input jobOutputs: "${name}=${text}" has no type.`,
    'Write the type of the output, such as uri_folder or mlflow_model, and after it, if you like, a URI.',
  );
}

function override(spec: JobSpec, overrides: Overrides, workDirectory: string, file?: string): JobSpec {
  const { compute, instanceType, instanceCount, environmentVariables, experimentName, displayName } = overrides;
  const result: JobSpec = {
    ...spec,
    compute: compute ?? spec.compute,
    experiment_name: experimentName ?? spec.experiment_name,
    display_name: displayName ?? spec.display_name,
    tags: { ...spec.tags, ...overrides.tags },
    inputs: overrideInputs(spec.inputs ?? {}, overrides.inputs, workDirectory, file),
  };
  const resources = {
    ...(instanceType && { instance_type: instanceType }),
    ...(instanceCount && { instance_count: instanceCount }),
  };
  if (result.type === 'pipeline') {
    notOfPipelines({ instanceType, instanceCount, environmentVariables: Object.keys(environmentVariables)[0] });
    return result;
  }
  if (result.type === 'sweep') {
    const trial = result.trial as CommandSpec;
    return { ...result, trial: withProgram(trial, resources, environmentVariables) };
  }
  return withProgram(result, resources, environmentVariables);
}

function withProgram<T extends Pick<CommandSpec, 'resources' | 'environment_variables'>>(
  program: T,
  resources: Record<string, unknown>,
  variables: Readonly<Record<string, string>>,
): T {
  return {
    ...program,
    ...(Object.keys(resources).length > 0 && { resources: { ...program.resources, ...resources } }),
    ...(Object.keys(variables).length > 0 && {
      environment_variables: { ...program.environment_variables, ...variables },
    }),
  };
}

function notOfPipelines(values: Record<string, unknown>): void {
  const [name] = Object.entries(values).find(([, value]) => value !== undefined) ?? [];
  if (!name) return;
  throw new TaskFailure(
    `Input ${name}: the job is a pipeline, whose steps each have their own.`,
    'Set it in the job file.',
  );
}

function overrideInputs(
  own: Readonly<Record<string, Scalar | AssetInput>>,
  given: Readonly<Record<string, string>>,
  workDirectory: string,
  file: string | undefined,
): Record<string, Scalar | AssetInput> {
  const result = new Map(Object.entries(own));
  for (const [name, text] of Object.entries(given)) {
    const before = result.get(name);
    if (before === undefined) {
      const names = Object.keys(own);
      throw new TaskFailure(
        `Input jobInputs: the job in ${file} has no input "${name}".`,
        names.length > 0 ? `Its inputs are ${names.join(', ')}.` : 'It has no inputs.',
      );
    }
    result.set(name, inputValue(text, before, workDirectory));
  }
  return Object.fromEntries(result);
}

/** A value as the user wrote it in a line of jobInputs; what it replaces says what a bare path is. */
function inputValue(text: string, before: Scalar | AssetInput, workDirectory: string): Scalar | AssetInput {
  // Paths in the task's inputs start at the working directory, wherever the job file lies.
  const absolute = (reference: string) =>
    looksLikeUri.test(reference) ? reference : path.resolve(workDirectory, reference);
  const [, type, rest] = assetType.exec(text) ?? [];
  if (type && rest) return { ...(typeof before === 'object' && { mode: before.mode }), type, path: absolute(rest) };
  return typeof before === 'object' ? { ...before, path: absolute(text) } : text;
}
