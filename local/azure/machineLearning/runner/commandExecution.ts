import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../freePort';
import { artifactContainer, artifactPrefix, resolveStorageUri } from '../assets/storageLocation';
import type { CommandJob } from '../jobs/jobSpecification';
import type { Job } from '../jobs/jobStore';
import { parseAssetReference } from '../resourceIds';
import { EnvironmentError, type VirtualEnvironment } from '../../../python/virtualEnvironment';
import { BlobLog } from './blobLog';
import { download, upload } from './dataTransfer';
import { expandExpressions } from './expressions';
import { jobPython } from './jobPython';
import { processEnvironment } from './processEnvironment';
import { ranksOf } from './ranks';
import { RunFailure, userFailure } from './runFailure';
import type { JobControl, RunnerServices } from './services';
import { runUserProcess } from './userProcess';
import { messageOf } from '../../../messageOf';

/** As long as a job may take at most with one token; Azure ML's run tokens are renewed by the run itself. */
const runTokenSeconds = 14 * 24 * 60 * 60;
const buildLog = 'azureml-logs/20_image_build_log.txt';

/** Runs a command job from its preparation to its outputs. Throws a RunFailure, or the signal's reason. */
export async function executeCommand(services: RunnerServices, job: Job, control: JobControl): Promise<void> {
  const { context, nodes, runs } = services;
  const specification = job.specification as CommandJob;
  control.setStatus('Preparing');
  const python = await preparePython(services, job, control.signal);
  control.setStatus('Queued');
  // The service's own four fields.
  const status = {
    AllocationState: 'steady',
    PreparingNodeCount: 0,
    RunningNodeCount: nodes.busy,
    CurrentNodeCount: nodes.busy,
  };
  runs.update(job.name, (run) => (run.tags._aml_system_ComputeTargetStatus = JSON.stringify(status)));
  await hold(services, control.signal);
  const release = await nodes.take(specification.resources?.instanceCount ?? 1, control.signal);
  const directory = join(context.stateDir, 'jobs', job.name);
  try {
    rmSync(directory, { recursive: true, force: true });
    await runOnNodes(services, job, control, python, directory);
  } finally {
    release();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A test keeps a job in the queue by the fault `ml.queue` with {seconds}. */
async function hold(services: RunnerServices, signal: AbortSignal): Promise<void> {
  const planned = services.context.takeFault('ml.queue');
  if (planned) await sleep(Number(planned.seconds) * 1000, undefined, { signal });
}

async function preparePython(services: RunnerServices, job: Job, signal: AbortSignal): Promise<VirtualEnvironment> {
  const { context } = services;
  const log = new BlobLog(
    context.blobs.container(artifactContainer).getAppendBlobClient(artifactPrefix(job.name) + buildLog),
  );
  let opened: Promise<void> | undefined;
  try {
    const python = await jobPython({
      environmentId: (job.specification as CommandJob).environmentId,
      stores: services.stores,
      cacheDir: context.cacheDir,
      python: services.python,
      signal,
      log: (line) => {
        // Only an environment that is really made has a log, as in the service.
        opened ??= log.open();
        log.write(line + '\n');
      },
    });
    warnAll(services, job.name, python.notes);
    return python;
  } catch (error) {
    if (error instanceof RunFailure || signal.aborted) throw error;
    if (!(error instanceof EnvironmentError)) throw userFailure(messageOf(error), 'ImageBuildFailure');
    throw userFailure(
      `Image build failed. For more details, check log file ${buildLog}. ${error.message}`,
      'ImageBuildFailure',
    );
  } finally {
    if (opened) {
      await opened;
      await log.close();
    }
  }
}

/** Notes stand on the run, and once on each above it: who follows a pipeline or a sweep sees that one. */
function warnAll({ runs }: RunnerServices, runId: string, notes: readonly string[]): void {
  for (let at: string | undefined = runId; at !== undefined;) {
    const { parentRunId } = runs.update(at, ({ warnings }) => {
      const unknown = notes.filter((note) => !warnings.some(({ message }) => message === note));
      warnings.push(...unknown.map((message) => ({ source: 'LocalAzure', message })));
    });
    at = parentRunId;
  }
}

async function runOnNodes(
  services: RunnerServices,
  job: Job,
  control: JobControl,
  python: VirtualEnvironment,
  directory: string,
): Promise<void> {
  const { context, runs, tokens } = services;
  const specification = job.specification as CommandJob;
  const code = join(directory, 'wd');
  mkdirSync(code, { recursive: true });
  control.setStatus('Running');
  await downloadCode(services, specification, code, control.signal);
  const inputs = await stageInputs(services, specification, join(directory, 'inputs'), control.signal);
  const outputs = stageOutputs(specification, join(directory, 'outputs'));
  mkdirSync(join(code, 'outputs'), { recursive: true });
  mkdirSync(join(code, 'logs'), { recursive: true });

  const run = runs.update(job.name, (changed) => {
    changed.properties.ProcessInfoFile = 'azureml-logs/process_info.json';
    changed.properties.ProcessStatusFile = 'azureml-logs/process_status.json';
  });
  const environment = processEnvironment(context, {
    run,
    experimentId: runs.experiment(run.experimentName).id,
    bin: python.bin,
    token: tokens.accessToken('https://management.azure.com', `run:${job.name}`, runTokenSeconds),
    own: {
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`AZURE_ML_INPUT_${name}`, value])),
      ...Object.fromEntries(Object.entries(outputs).map(([name, value]) => [`AZURE_ML_OUTPUT_${name}`, value])),
      ...specification.environmentVariables,
    },
  });
  const command = expandExpressions(specification.command, { inputs, outputs });
  try {
    await runRanks(services, job, control, command, code, environment);
  } finally {
    // What a failed or cancelled job wrote until then is kept as well.
    if (!control.signal.aborted) control.setStatus('Finalizing');
    const prefix = artifactPrefix(job.name);
    await upload(context.blobs, join(code, 'outputs'), artifactContainer, `${prefix}outputs/`);
    await upload(context.blobs, join(code, 'logs'), artifactContainer, `${prefix}logs/`);
    for (const [name, path] of Object.entries(outputs)) {
      const location = services.jobs.outputLocation(job.name, name);
      if (location && 'container' in location) await upload(context.blobs, path, location.container, location.path);
    }
  }
}

async function runRanks(
  services: RunnerServices,
  job: Job,
  control: JobControl,
  command: string,
  cwd: string,
  environment: Record<string, string>,
): Promise<void> {
  const { context } = services;
  const specification = job.specification as CommandJob;
  const ranks = ranksOf(specification.distribution, specification.resources?.instanceCount ?? 1, await freePort(0));
  // When one process fails, the others wait for it in vain: they are ended too.
  const failure = new AbortController();
  const signal = AbortSignal.any([control.signal, failure.signal]);
  const tails = ranks.map(() => '');
  const results = await Promise.all(
    ranks.map(async (rank, index) => {
      const blob = context.blobs
        .container(artifactContainer)
        .getAppendBlobClient(artifactPrefix(job.name) + rank.logFile);
      const log = new BlobLog(blob);
      await log.open();
      try {
        const code = await runUserProcess({
          command,
          cwd,
          env: { ...environment, ...rank.env },
          stateDir: context.stateDir,
          name: `job ${job.name}`,
          signal,
          output: (chunk) => {
            log.write(chunk);
            tails[index] = (tails[index] + chunk.toString()).slice(-2000);
          },
        });
        const own = !signal.aborted;
        if (code !== 0) failure.abort();
        return { code, own, rank, index };
      } finally {
        await log.close();
      }
    }),
  );
  control.signal.throwIfAborted();
  const failed =
    results.find((result) => result.code !== 0 && result.own) ?? results.find((result) => result.code !== 0);
  if (!failed) return;
  const program = basename(/^\s*(\S+)/.exec(command)?.[1] ?? 'bash');
  const lines = (tails[failed.index] ?? '').trimEnd().split('\n');
  // Libraries go on printing at the end of Python, after the exception.
  const lastLine = lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines.at(-1);
  throw userFailure(
    `Execution failed. User process '${program}' exited with status code ${failed.code}. ` +
      `Please check log file '${failed.rank.logFile}' for error details. Error: ${lastLine}`,
    'ExecutionFailed',
  );
}

async function downloadCode(
  services: RunnerServices,
  specification: CommandJob,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  if (!specification.codeId) return;
  const reference = parseAssetReference('codes', specification.codeId);
  const uri = reference && services.stores.codes.find(reference)?.properties.codeUri;
  if (typeof uri !== 'string')
    throw userFailure(`The code '${specification.codeId}' was not found.`, 'SnapshotNotFound');
  const location = resolveStorageUri(uri, services.stores, services.jobs);
  if ('problem' in location) throw userFailure(location.problem, 'SnapshotNotFound');
  await download(services.context.blobs, location, directory, signal);
}

/** The value of each input as the command sees it: a literal as it is, a local path, or for `Direct` the URI. */
async function stageInputs(
  services: RunnerServices,
  specification: CommandJob,
  directory: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, input] of Object.entries(specification.inputs ?? {})) {
    if (input.jobInputType === 'literal' || input.mode === 'Direct') {
      values[name] = input.value ?? input.uri ?? '';
      continue;
    }
    const location = resolveStorageUri(input.uri ?? '', services.stores, services.jobs);
    if ('problem' in location) throw userFailure(`DataAccessError(NotFound): ${location.problem}`, 'DataAccessError');
    values[name] = await download(services.context.blobs, location, join(directory, name), signal);
  }
  return values;
}

/** The path that each named output is to be written to; a folder is there already, of a file the folder around it. */
function stageOutputs(specification: CommandJob, directory: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(specification.outputs ?? {})
      .filter(([name]) => name !== 'default')
      .map(([name, output]) => {
        const path = join(directory, name);
        mkdirSync(output.jobOutputType === 'uri_file' ? dirname(path) : path, { recursive: true });
        return [name, path];
      }),
  );
}
