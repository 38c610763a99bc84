import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root. */
export const root = join(__dirname, '..');

export interface TaskInput {
  name: string;
  aliases?: string[];
  label: string;
  type: string;
  defaultValue?: string | boolean;
  required?: boolean;
  helpMarkDown?: string;
  groupName?: string;
  visibleRule?: string;
  properties?: Record<string, string | boolean>;
  options?: Record<string, string>;
}

export interface TaskHandler {
  target: string;
}

/** The parts of task.json that the scripts read; `checkTask` holds the whole schema. */
export interface TaskManifest {
  id: string;
  name: string;
  friendlyName: string;
  description: string;
  helpMarkDown?: string;
  helpUrl?: string;
  category: string;
  version: { Major: number; Minor: number; Patch: number };
  runsOn: string[];
  minimumAgentVersion?: string;
  instanceNameFormat: string;
  groups?: Array<{ name: string; displayName: string; isExpanded?: boolean; visibleRule?: string }>;
  inputs: TaskInput[];
  dataSourceBindings?: Array<Record<string, unknown>>;
  outputVariables?: Array<{ name: string; description: string }>;
  execution: Record<string, TaskHandler> | { HttpRequest: { Execute: Record<string, string> } };
  prejobexecution?: Record<string, TaskHandler>;
  postjobexecution?: Record<string, TaskHandler>;
  messages?: Record<string, string>;
}

export function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Folders under `tasks/` that hold a task, in the order of their names. */
export function taskFolders(tasksDir = join(root, 'tasks')): string[] {
  return readdirSync(tasksDir)
    .filter((folder) => existsSync(join(tasksDir, folder, 'task.json')))
    .sort();
}

export function readTask(folder: string, tasksDir = join(root, 'tasks')): TaskManifest {
  return readJson<TaskManifest>(join(tasksDir, folder, 'task.json'));
}

/** The request that the server itself sends for a task without an agent; undefined for one that an agent runs. */
export function serverRequest({ execution }: TaskManifest): Record<string, string> | undefined {
  return 'HttpRequest' in execution
    ? (execution as { HttpRequest: { Execute: Record<string, string> } }).HttpRequest.Execute
    : undefined;
}

/** The folders of the tasks that an agent runs: those that have code. */
export const agentTaskFolders = (tasksDir = join(root, 'tasks')): string[] =>
  taskFolders(tasksDir).filter((folder) => serverRequest(readTask(folder, tasksDir)) === undefined);

/** The JavaScript files that the agent starts, over every phase and Node version, each once. */
export function handlerTargets(task: TaskManifest): string[] {
  if (serverRequest(task)) return [];
  const phases = [task.prejobexecution, task.execution as Record<string, TaskHandler>, task.postjobexecution];
  return [...new Set(phases.flatMap((phase) => Object.values(phase ?? {}).map((handler) => handler.target)))];
}

/** What a thread of a task runs, where the task starts any. */
export const workerFile = 'worker.js';

export const hasWorker = (folder: string): boolean => existsSync(join(root, 'tasks', folder, 'worker.ts'));

/** The project's one version number, as task.json writes it. */
export function projectVersion(): { text: string; parts: TaskManifest['version'] } {
  const { version } = readJson<{ version: string }>(join(root, 'package.json'));
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (!match) throw new Error(`package.json: version '${version}' is not Major.Minor.Patch, which task.json needs.`);
  const [Major, Minor, Patch] = match.slice(1).map(Number) as [number, number, number];
  return { text: version, parts: { Major, Minor, Patch } };
}
