import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProcess } from './agentProcess';
import { obeyCommand } from './commandHandlers';
import type { LoggingCommand } from './loggingCommand';
import { SecretMasker } from './secretMasker';
import type { ServiceEndpoint } from './serviceEndpoint';
import {
  StepContext,
  type Attachment,
  type HostType,
  type Issue,
  type Summary,
  type UploadedArtifact,
} from './stepContext';
import { chooseHandler, readTaskDefinition, type TaskDefinition, type TaskPhase } from './taskDefinition';
import {
  endpointEnvironment,
  inheritedEnvironment,
  inputEnvironment,
  isSystemConnection,
  taskVariableEnvironment,
  variableEnvironment,
} from './taskEnvironment';
import { endpointsOf, isConnectedService, resolveInputs } from './taskInputs';
import type { TaskResult } from './taskResult';
import type { TestRun } from './testResults';
import { Variables } from './variables';

export interface TaskStepOptions {
  /** A built task: task.json and what it points to. */
  taskFolder: string;
  /** The agent's work folder; `_temp` and `_tool` stand in it unless variables say otherwise. */
  workFolder: string;
  hostType: HostType;
  /** The Node that runs the task; its major version chooses the handler. Ours, unless given. */
  nodePath?: string;
  phase?: TaskPhase;
  displayName?: string;
  /** The step's `name` in the pipeline; by it later steps read the output variables. */
  refName?: string;
  inputs?: Record<string, string>;
  /** All service connections of the job, the system connection among them; the task gets those that its inputs name. */
  endpoints?: ServiceEndpoint[];
  /** The job's variables; what the task sets is set in them. */
  variables?: Variables;
  /** What the task keeps between its phases. */
  taskVariables?: Variables;
  /** The step's `env:`, `$(...)` in it not yet expanded. */
  env?: Record<string, string>;
  /** What the agent's own process has in its environment besides, such as the names of the local cloud. */
  environment?: Record<string, string>;
  /** Folders that earlier steps put before PATH; added to by this one. */
  prependPath?: string[];
  masker?: SecretMasker;
  /** Cancels the job: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill. */
  signal?: AbortSignal;
  timeoutInMinutes?: number;
  retryCountOnTaskFailure?: number;
  onLine?(line: string): void;
  onProgress?(percent: number, operation: string): void;
}

/** Everything that the step left behind; texts are masked but for `rawOutput` and `commands`. */
export interface TaskStepResult {
  result: TaskResult;
  issues: Issue[];
  errorCount: number;
  warningCount: number;
  /** Output variables by their plain names, without the step's. */
  outputs: Record<string, string>;
  /** Other job variables that the step set. */
  variables: Record<string, string>;
  taskVariables: Variables;
  summaries: Summary[];
  attachments: Attachment[];
  artifacts: UploadedArtifact[];
  testRuns: TestRun[];
  buildTags: string[];
  log: string[];
  /** What the process wrote, both streams in the order in which they came. */
  rawOutput: string;
  commands: LoggingCommand[];
  /** Lines with `##vso` that are no command: in a task that keeps the protocol there are none. */
  unreadableCommands: string[];
  /** Of the last attempt; null if a signal ended the process or none was started. */
  exitCode: number | null;
}

/** An agent retries a failed task no more often than this. */
const maxRetries = 10;
/** `task.complete ...;done=true` gives the process this long to end by itself. */
const graceAfterDone = 5000;

/**
 * Runs one phase of one task as the agent does: its environment, inputs, working directory and signals, and obeys its
 * logging commands. A task that fails is a result; it throws only when there is no such task or handler.
 */
export async function runTaskStep(options: TaskStepOptions): Promise<TaskStepResult> {
  const task = readTaskDefinition(options.taskFolder);
  const variables = options.variables ?? new Variables();
  const taskVariables = options.taskVariables ?? new Variables();
  const endpoints = options.endpoints ?? [];
  const masker = options.masker ?? new SecretMasker();
  for (const variable of variables.list()) if (variable.secret) masker.addVariable(variable.value);
  endpoints.forEach((endpoint) => masker.addEndpoint(endpoint));

  const displayName = options.displayName ?? task.friendlyName;
  const context = new StepContext({
    hostType: options.hostType,
    refName: options.refName ?? task.name,
    task,
    variables,
    taskVariables,
    endpoints,
    masker,
    onLine: options.onLine ?? (() => {}),
  });
  context.prependPath.push(...(options.prependPath ?? []));

  const timeout = options.timeoutInMinutes ? AbortSignal.timeout(options.timeoutInMinutes * 60_000) : undefined;
  const signals = [options.signal, timeout].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  const raw: string[] = [];
  let exitCode: number | null = null;

  const onCancel = () => context.error('The Operation will be canceled. The next steps may not contain expected logs.');
  options.signal?.addEventListener('abort', onCancel, { once: true });
  context.section(`Starting: ${displayName}`);
  writeTaskHeader(context, task);
  try {
    const start = prepare(options, context, task, displayName);
    const retries = Math.min(options.retryCountOnTaskFailure ?? 0, maxRetries);
    for (let attempt = 0; ; attempt++) {
      const fault = await attemptOnce().then(
        () => undefined,
        (error: Error) => error,
      );
      const failed = fault !== undefined || context.result === 'failed';
      if (!failed || attempt >= retries || signal.aborted) {
        if (fault) throw fault;
        break;
      }
      const delay = (attempt + 1) ** 2 * 1000;
      context.warning(
        `RetryHelper encountered task failure, will retry (attempt #: ${attempt + 1} out of ${retries}) after ${delay} ms`,
      );
      context.result = undefined;
      await sleep(delay, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
    }
    if (signal.aborted) throw new Error('The operation was canceled.');

    async function attemptOnce(): Promise<void> {
      exitCode = await runProcess({
        ...start,
        onLine: (line) => {
          raw.push(line);
          if (!obeyCommand(context, line)) context.write(line);
          options.onProgress?.(context.progress, context.currentOperation);
        },
        signal,
        abandon: context.completed.then(() => sleep(graceAfterDone, undefined, { ref: false })),
      });
      if (exitCode === 0 || signal.aborted) return;
      if (exitCode === 137) context.error('The task exited with code 137, which means it ran out of memory.');
      throw new Error(`Exit code ${exitCode ?? 'unknown'} returned from process: file name '${start.file}'.`);
    }
  } catch (error) {
    if (options.signal?.aborted) {
      context.error((error as Error).message);
      context.result = 'canceled';
    } else {
      context.error(timeout?.aborted ? 'The task has timed out.' : (error as Error).message);
      context.result = 'failed';
    }
  } finally {
    options.signal?.removeEventListener('abort', onCancel);
  }
  const result = context.complete();
  context.section(`Finishing: ${displayName}`);

  if (options.prependPath) options.prependPath.splice(0, options.prependPath.length, ...context.prependPath);
  const values = (map: StepContext['outputs']) =>
    Object.fromEntries(Object.entries(map).map(([name, { value }]) => [name, value]));
  return {
    result,
    issues: context.issues,
    errorCount: context.errorCount,
    warningCount: context.warningCount,
    outputs: values(context.outputs),
    variables: values(context.variablesSet),
    taskVariables,
    summaries: context.summaries.map((summary) => ({ ...summary, text: masker.mask(summary.text) })),
    attachments: context.attachments,
    artifacts: context.artifacts,
    testRuns: context.testRuns,
    buildTags: context.buildTags,
    log: context.log,
    rawOutput: raw.join('\n'),
    commands: context.commands,
    unreadableCommands: context.unreadable,
    exitCode,
  };
}

/** Program, arguments, folder and environment of the task's process. Throws if the task cannot be started. */
function prepare(options: TaskStepOptions, context: StepContext, task: TaskDefinition, displayName: string) {
  const { variables, taskVariables, endpoints } = context.options;
  const nodePath = options.nodePath ?? process.execPath;
  const phase = options.phase ?? 'main';
  const handler = chooseHandler(task, phase, nodeMajor(nodePath));
  if (!handler) throw new Error(`Task ${task.name} has no ${phase} phase.`);
  const target = path.join(options.taskFolder, handler.target);
  if (!existsSync(target))
    throw new Error(`Task ${task.name} points to ${handler.target}, which is not in its folder.`);

  // The step's own variables: they exist while it runs.
  const scope = variables.copy();
  scope.set('task.displayname', displayName);
  scope.set('system.taskInstanceName', options.refName ?? task.name);
  scope.set('system.taskDisplayName', displayName);

  const workingDirectory = scope.get('System.DefaultWorkingDirectory') ?? options.workFolder;
  const rootFolder =
    (options.hostType === 'build' ? scope.get('Build.SourcesDirectory') : scope.get('System.ArtifactsDirectory')) ??
    workingDirectory;
  const inputs = resolveInputs(task, options.inputs ?? {}, { variables: scope, endpoints, rootFolder });
  const named = task.inputs
    .filter(isConnectedService)
    .flatMap(({ name }) => endpointsOf(inputs[name] ?? '', endpoints));
  const stepEnvironment = Object.fromEntries(
    Object.entries(options.env ?? {}).map(([name, value]) => [name, scope.expand(value.trim())]),
  );
  for (const name of ['Agent.TempDirectory', 'Agent.ToolsDirectory']) {
    const folder = scope.get(name);
    if (folder) mkdirSync(folder, { recursive: true });
  }
  const environment: Record<string, string> = {
    ...inheritedEnvironment(),
    ...options.environment,
    ...stepEnvironment,
    ...variableEnvironment(scope, { secrets: true }),
    ...inputEnvironment(inputs),
    ...endpointEnvironment([...new Set([...named, ...endpoints.filter(isSystemConnection)])]),
    ...taskVariableEnvironment(taskVariables),
  };
  if (context.prependPath.length > 0) {
    environment.PATH = [...context.prependPath, environment.PATH ?? ''].join(path.delimiter);
  }
  return {
    file: nodePath,
    args: [target],
    cwd: handler.workingDirectory || workingDirectory,
    env: environment,
    sigintTimeout: Number(scope.get('PROCESS_SIGINT_TIMEOUT') ?? 7500),
    sigtermTimeout: Number(scope.get('PROCESS_SIGTERM_TIMEOUT') ?? 2500),
  };
}

const majors = new Map<string, number>();

function nodeMajor(nodePath: string): number {
  const version = () =>
    nodePath === process.execPath ? process.version : execFileSync(nodePath, ['--version'], { encoding: 'utf8' });
  if (!majors.has(nodePath)) majors.set(nodePath, Number(/^v(\d+)/.exec(version())![1]));
  return majors.get(nodePath)!;
}

function writeTaskHeader(context: StepContext, task: TaskDefinition): void {
  const { Major, Minor, Patch } = task.version;
  const rule = '='.repeat(78);
  context.write(rule);
  context.write(`Task         : ${task.friendlyName}`);
  context.write(`Description  : ${task.description}`);
  context.write(`Version      : ${Major}.${Minor}.${Patch}`);
  context.write(`Author       : ${task.author}`);
  context.write(`Help         : ${task.helpUrl ?? task.helpMarkDown ?? ''}`);
  context.write(rule);
}
