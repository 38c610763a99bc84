import { nearestName } from './nearestName';
import path from 'node:path';
import { builtTasksDir, taskFolders } from '../builtTasks';
import { readTaskDefinition, type TaskDefinition } from '../taskDefinition';
import { findInput } from '../taskInputs';
import { inBoxTasks } from '../inBox/catalog';
import type { InBoxTask } from '../inBox/inBoxTask';
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
  return tasks.find(({ task }) => isNamed(task, reference));
}

/** A task of Azure DevOps itself that the local agent stands in for. */
export function findInBoxTask(reference: string): { task: TaskDefinition; inBox: InBoxTask } | undefined {
  const inBox = inBoxTasks.find(({ definition }) => isNamed(definition, reference));
  return inBox && { task: inBox.definition, inBox };
}

function isNamed(task: TaskDefinition, reference: string): boolean {
  const [name = '', version = ''] = reference.split('@');
  const last = name.split('.').pop()!.toLowerCase();
  const fits = task.name.toLowerCase() === last || task.id.toLowerCase() === name.toLowerCase();
  return fits && version.split('.')[0] === String(task.version.Major);
}

/** Whether `Name`, `Name@1` or `publisher.extension.Name` means the task that a step refers to. */
export function isSameTask(name: string, reference: string): boolean {
  const [wanted = '', version] = name.toLowerCase().split('@');
  const [task = '', taskVersion] = reference.toLowerCase().split('@');
  const isVersion = version === undefined || version === taskVersion;
  return isVersion && (wanted === task || wanted === task.split('.').pop());
}

/** Says of a task that is not here whether another version is, and how to go on without it. */
export function noSuchTask(reference: string, tasks: CatalogTask[]): string {
  const [name = ''] = reference.split('@');
  const all = [...tasks.map(({ task }) => task), ...inBoxTasks.map(({ definition }) => definition)];
  const names = all.map((task) => `${task.name}@${task.version.Major}`);
  const others = names.filter((other) => other.split('@')[0]!.toLowerCase() === name.split('.').pop()!.toLowerCase());
  const near = nearestName(reference, names);
  const has =
    others.length > 0
      ? `It has ${others.join(', ')}.`
      : `${near ? `Did you mean ${near}? Else leave` : 'Leave'} it out by --skip-task ${name}.`;
  return `the local agent has no task ${reference}. ${has}`;
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
    // A misspelt name is the likeliest reason for a missing one.
    const misspelt = unknown.length > 0 ? `${unexpected(task, unknown)} ` : '';
    throw step.error(`${misspelt}task ${task.name} needs a value for ${names}.`);
  }
  return unknown.length > 0 ? [`${step.place}: ${unexpected(task, unknown)}`] : [];
}

function unexpected(task: TaskDefinition, unknown: readonly string[]): string {
  const names = task.inputs.map(({ name }) => name);
  const all = task.inputs.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const meant = unknown.flatMap((name) => nearestName(name, all) ?? []);
  const hint =
    meant.length > 0 ? `did you mean ${meant.map((name) => `'${name}'`).join(', ')}?` : `it has: ${names.join(', ')}.`;
  return `unexpected input ${unknown.map((name) => `'${name}'`).join(', ')}; ${hint}`;
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
