import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface TaskInput {
  name: string;
  type: string;
  aliases?: string[];
  label?: string;
  defaultValue?: string | boolean;
  required?: boolean;
  visibleRule?: string;
}

export interface TaskHandler {
  target: string;
  workingDirectory?: string;
}

export type TaskPhase = 'prejob' | 'main' | 'postjob';

/** What the agent reads in a task.json. */
export interface TaskDefinition {
  id: string;
  name: string;
  friendlyName: string;
  description: string;
  author: string;
  helpUrl?: string;
  helpMarkDown?: string;
  instanceNameFormat?: string;
  version: { Major: number; Minor: number; Patch: number };
  inputs: TaskInput[];
  outputVariables: Array<{ name: string; description: string }>;
  prejobexecution?: Record<string, TaskHandler>;
  execution?: Record<string, TaskHandler>;
  postjobexecution?: Record<string, TaskHandler>;
  restrictions?: { commands?: { mode?: string }; settableVariables?: { allowed?: string[] } };
}

/** Reads `task.json` of a built task. Throws if the folder holds none. */
export function readTaskDefinition(folder: string): TaskDefinition {
  const file = path.join(folder, 'task.json');
  if (!existsSync(file)) throw new Error(`No built task in ${folder}: task.json is missing. Run: npm run build`);
  const definition = JSON.parse(readFileSync(file, 'utf8')) as TaskDefinition;
  return { ...definition, inputs: definition.inputs ?? [], outputVariables: definition.outputVariables ?? [] };
}

/** Handlers the agent still runs by Node, best first, with the Node major that each needs at least. */
const handlers: ReadonlyArray<readonly [name: string, major: number]> = [
  ['Node24', 24],
  ['Node20_1', 20],
];

/**
 * The handler of a phase for a Node of that major version; undefined when the task has no such phase.
 * Throws when it has the phase and none of the handlers that an agent of today approves of.
 */
export function chooseHandler(task: TaskDefinition, phase: TaskPhase, nodeMajor: number): TaskHandler | undefined {
  const phases = { prejob: task.prejobexecution, main: task.execution, postjob: task.postjobexecution };
  const execution = phases[phase];
  if (!execution) return undefined;
  const chosen = handlers.find(([name, major]) => nodeMajor >= major && execution[name]);
  if (!chosen) {
    const known = Object.keys(execution).join(', ');
    throw new Error(`Task ${task.name} has no handler for Node ${nodeMajor} in its ${phase} phase; it has: ${known}.`);
  }
  return execution[chosen[0]];
}
