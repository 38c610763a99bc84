import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { SecretMasker } from './secretMasker';
import type { ServiceEndpoint } from '../serviceEndpoint';
import { StepContext, type HostType } from './stepContext';
import { stepOutcome, type StepOutcome } from './stepOutcome';
import { runStep, runStepProcess, type StepProcess } from './stepRun';
import { organizationOf } from './organization/organizationOf';
import type { Route } from './organization/route';
import { chooseHandler, readTaskDefinition, type TaskDefinition, type TaskPhase } from './taskDefinition';
import {
  endpointEnvironment,
  inheritedEnvironment,
  inputEnvironment,
  isSystemConnection,
  prependToPath,
  taskVariableEnvironment,
  variableEnvironment,
} from './taskEnvironment';
import { endpointsOf, isConnectedService, resolveInputs } from './taskInputs';
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
  /** Whether the identity of the job has the permission by which builds are tagged; it has unless somebody took it away. */
  mayEditBuildQuality?: boolean;
  /** The tags that earlier steps gave the build. */
  earlierBuildTags?: readonly string[];
  /** What Azure DevOps serves the task besides its own build and approvals; these go first. */
  routes?: readonly Route[];
  onLine?: (line: string) => void;
  onProgress?: (percent: number, operation: string) => void;
}

export interface TaskStepResult extends StepOutcome {
  taskVariables: Variables;
  /** Of the last attempt; null if a signal ended the process or none was started. */
  exitCode: number | null;
}

/**
 * Runs one phase of one task as the agent does: its environment, inputs, working directory and signals, and obeys its
 * logging commands. A task that fails is a result; it throws only when there is no such task.
 */
export async function runTaskStep(options: TaskStepOptions): Promise<TaskStepResult> {
  const task = readTaskDefinition(options.taskFolder);
  const variables = options.variables ?? new Variables();
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
    taskVariables: options.taskVariables ?? new Variables(),
    endpoints,
    masker,
    prependPath: options.prependPath ?? [],
    mayEditBuildQuality: options.mayEditBuildQuality,
    earlierBuildTags: options.earlierBuildTags,
    onLine: options.onLine ?? (() => {}),
    onProgress: options.onProgress,
  });
  const connection = endpoints.find(isSystemConnection);
  const token = connection?.auth.parameters.AccessToken;
  const organization = token ? organizationOf(context, token, options.routes) : undefined;
  const serverUrl = await organization?.start();
  let exitCode: number | null = null;
  let attempts = 0;
  await runStep(context, { ...options, displayName }, async (signal) => {
    // Once, however often the step is tried.
    if (attempts++ === 0) writeTaskHeader(context, task);
    const start = prepare(options, context, task, displayName, serverUrl);
    exitCode = await runStepProcess(context, start, signal);
    if (exitCode === 0 || signal.aborted) return;
    if (exitCode === 137) context.error('The task exited with code 137, which means it ran out of memory.');
    throw new Error(`Exit code ${exitCode ?? 'unknown'} returned from process: file name '${start.file}'.`);
  }).finally(() => organization?.stop());
  return { ...stepOutcome(context), taskVariables: context.options.taskVariables, exitCode };
}

/** Program, arguments, folder and environment of the task's process. Throws if the task cannot be started. */
function prepare(
  options: TaskStepOptions,
  context: StepContext,
  task: TaskDefinition,
  displayName: string,
  serverUrl: string | undefined,
): StepProcess {
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
  const own = endpoints.filter(isSystemConnection).map((each) => ({ ...each, url: serverUrl ?? each.url }));
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
    ...endpointEnvironment([...new Set([...named, ...own])]),
    ...taskVariableEnvironment(taskVariables),
  };
  prependToPath(environment, context.options.prependPath);
  return {
    file: nodePath,
    args: [target],
    cwd: handler.workingDirectory || workingDirectory,
    env: environment,
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
