import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../support/agent';
import type { TaskDefinition, TaskInput } from '../../../local/agent/taskDefinition';

export interface FakeTask {
  /** Fake, unless it stands in for another. */
  name?: string;
  id?: string;
  /** JavaScript of each phase that the task has. */
  main: string;
  prejob?: string;
  postjob?: string;
  inputs?: Array<Partial<TaskInput> & { name: string }>;
  outputVariables?: string[];
  restrictions?: TaskDefinition['restrictions'];
}

/** Writes a task as an agent gets it, and gives its folder. */
export function fakeTask(task: FakeTask, folder = temporaryFolder()): string {
  mkdirSync(folder, { recursive: true });
  const handlers = (target: string) => ({ Node20_1: { target }, Node24: { target } });
  const definition: TaskDefinition = {
    id: task.id ?? '74000000-0000-4000-8000-000000000001',
    name: task.name ?? 'Fake',
    friendlyName: 'A fake task',
    description: 'Does what a test says.',
    author: 'mlops-azure-devops',
    version: { Major: 1, Minor: 2, Patch: 3 },
    inputs: (task.inputs ?? []).map((input) => ({ type: 'string', label: input.name, ...input })),
    outputVariables: (task.outputVariables ?? []).map((name) => ({ name, description: name })),
    execution: handlers('main.js'),
    ...(task.prejob !== undefined && { prejobexecution: handlers('prejob.js') }),
    ...(task.postjob !== undefined && { postjobexecution: handlers('postjob.js') }),
    restrictions: task.restrictions,
  };
  writeFileSync(path.join(folder, 'task.json'), JSON.stringify(definition));
  for (const phase of ['main', 'prejob', 'postjob'] as const) {
    if (task[phase] !== undefined) writeFileSync(path.join(folder, `${phase}.js`), task[phase]);
  }
  return folder;
}

/** JavaScript that prints the lines. */
export function printing(...lines: string[]): string {
  return lines.map((line) => `console.log(${JSON.stringify(line)});`).join('\n');
}
