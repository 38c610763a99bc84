import path from 'node:path';
import { builtTasksDir, taskFolders } from '../builtTasks';
import { readTaskDefinition, type TaskDefinition } from '../taskDefinition';
import { findInput } from '../taskInputs';
import type { Section } from './section';

export interface CatalogTask {
  folder: string;
  task: TaskDefinition;
}

/** The tasks of this project as an organisation has them that installed the extension. */
export function builtTasks(): CatalogTask[] {
  return taskFolders().map((name) => {
    const folder = path.join(builtTasksDir, name);
    return { folder, task: readTaskDefinition(folder) };
  });
}

/** Finds `Name@1`, `publisher.extension.Name@1` or `<id>@1`. */
export function findTask(tasks: CatalogTask[], reference: string): CatalogTask | undefined {
  const [name = '', version = ''] = reference.split('@');
  const last = name.split('.').pop()!.toLowerCase();
  return tasks.find(({ task }) => {
    const named = task.name.toLowerCase() === last || task.id.toLowerCase() === name.toLowerCase();
    return named && version.split('.')[0] === String(task.version.Major);
  });
}

/** Says what is wrong with a step's inputs: an unknown name is a warning, a missing required one an error. */
export function checkInputs(task: TaskDefinition, inputs: Record<string, string>, step: Section): string[] {
  const known = Object.keys(inputs).filter((name) => findInput(task, name));
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  const values = new Map(task.inputs.map((input) => [input.name, String(input.defaultValue ?? '')]));
  for (const name of known) values.set(findInput(task, name)!.name, inputs[name]!);

  const missing = task.inputs.filter(
    (input) => input.required && isVisible(input.visibleRule, values) && values.get(input.name)!.trim() === '',
  );
  if (missing.length > 0) {
    const names = missing.map(({ name, aliases }) => `'${aliases?.[0] ?? name}'`).join(', ');
    throw step.error(`task ${task.name} needs a value for ${names}.`);
  }
  if (unknown.length === 0) return [];
  const names = task.inputs.map(({ name }) => name).join(', ');
  return [`${step.place}: unexpected input ${unknown.map((name) => `'${name}'`).join(', ')}; it has: ${names}.`];
}

/** `a = x`, `a != x`, joined by either && or ||, as the designer knows them. */
function isVisible(rule: string | undefined, values: Map<string, string>): boolean {
  if (!rule) return true;
  const one = (term: string): boolean => {
    const [, name, operator, wanted] = /^\s*(\S+)\s*(=|!=)\s*(.*?)\s*$/.exec(term) ?? [];
    if (!name) return true;
    return ((values.get(name) ?? '').toLowerCase() === wanted!.toLowerCase()) === (operator === '=');
  };
  return rule.includes('||') ? rule.split('||').some(one) : rule.split('&&').every(one);
}
