import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pngSize } from './pngSize';
import { shapeProblems } from './shape';
import { inputsRead, outputsSet } from './sourceNames';
import {
  handlerTargets,
  readJson,
  serverRequest,
  type TaskHandler,
  type TaskInput,
  type TaskManifest,
} from './taskManifest';
import { parseVisibleRule } from './visibleRule';

const repeated = (names: string[]): string[] => {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name.toLowerCase()).size);
};

const variables = (text: string): string[] => [...text.matchAll(/\$\(([^)]+)\)/g)].map((match) => match[1]!);

/** A step's name in the designer must read well whatever is left empty. */
function stepNameProblems(task: TaskManifest, inputs: ReadonlyMap<string, TaskInput>): string[] {
  return variables(task.instanceNameFormat).flatMap((name) => {
    const input = inputs.get(name);
    if (!input) return [`instanceNameFormat: $(${name}) is not an input`];
    const isGiven = input.required && !input.visibleRule;
    return isGiven ? [] : [`instanceNameFormat: $(${name}) may be empty, and the name then ends in a blank`];
  });
}

/** Checks what no schema can say: that every name which task.json refers to exists, and what the agent does with it. */
export function referenceProblems(task: TaskManifest): string[] {
  const inputs = new Map(task.inputs.map((input) => [input.name, input]));
  return [
    ...nameProblems(task),
    ...stepNameProblems(task, inputs),
    ...inputProblems(task, inputs),
    ...bindingProblems(task, inputs),
    ...(serverRequest(task) ? requestProblems(task, inputs) : targetProblems(task)),
  ];
}

/** No name stands twice, and every group is used. */
function nameProblems({ inputs, outputVariables = [], groups = [] }: TaskManifest): string[] {
  const inputNames = inputs.flatMap((input) => [input.name, ...(input.aliases ?? [])]);
  const isUsed = (group: string): boolean => inputs.some((input) => input.groupName === group);
  return [
    ...repeated(inputNames).map(
      (name) => `input ${name}: the name stands twice; the agent compares names without case`,
    ),
    ...repeated(outputVariables.map(({ name }) => name)).map((name) => `output ${name}: the name stands twice`),
    ...repeated(groups.map(({ name }) => name)).map((name) => `group ${name}: the name stands twice`),
    ...groups.filter(({ name }) => !isUsed(name)).map(({ name }) => `group ${name}: no input is in it`),
  ];
}

function inputProblems(task: TaskManifest, inputs: Map<string, TaskInput>): string[] {
  const { groups = [], dataSourceBindings = [] } = task;
  const bound = new Set(dataSourceBindings.map(({ target }) => String(target)));
  const problems: string[] = [];
  for (const input of task.inputs) {
    const { name, groupName, visibleRule } = input;
    const isInGroup = groupName === undefined || groups.some((group) => group.name === groupName);
    const found = [
      ...(isInGroup ? [] : [`there is no group ${groupName}`]),
      ...ruleProblems(visibleRule, inputs),
      ...choiceProblems(input, bound.has(name)),
    ];
    problems.push(...found.map((problem) => `input ${name}: ${problem}`));
  }
  for (const { name, visibleRule } of groups) {
    problems.push(...ruleProblems(visibleRule, inputs).map((problem) => `group ${name}: ${problem}`));
  }
  return problems;
}

function ruleProblems(rule: string | undefined, inputs: Map<string, TaskInput>): string[] {
  if (rule === undefined) return [];
  try {
    return parseVisibleRule(rule).flatMap(({ input: name, operator, value }) => {
      const input = inputs.get(name);
      if (!input) return [`visibleRule names the unknown input ${name}`];
      if (!/^!?=$/.test(operator) || canHaveValue(input, value)) return [];
      return [`visibleRule compares ${name} with '${value}', which it never is`];
    });
  } catch (error) {
    return [`visibleRule ${(error as Error).message}`];
  }
}

/** Lists that Azure fills name inputs that are there. */
function bindingProblems(task: TaskManifest, inputs: Map<string, TaskInput>): string[] {
  const problems: string[] = [];
  for (const binding of task.dataSourceBindings ?? []) {
    const owner = `dataSourceBinding of ${String(binding.target)}`;
    if (!inputs.has(String(binding.target))) problems.push(`${owner}: there is no such input`);
    for (const name of new Set(variables(JSON.stringify(binding)))) {
      if (!inputs.has(name)) problems.push(`${owner}: $(${name}) is not an input`);
    }
    const connection = inputs.get(variables(String(binding.endpointId))[0] ?? '');
    if (connection && !connection.type.startsWith('connectedService:')) {
      problems.push(`${owner}: endpointId names ${connection.name}, which is not a service connection`);
    }
  }
  return problems;
}

/** What an agent starts is the same with every Node. */
function targetProblems(task: TaskManifest): string[] {
  return (['prejobexecution', 'execution', 'postjobexecution'] as const).flatMap((phase) => {
    const targets = new Set(Object.values(task[phase] ?? {}).map((handler) => (handler as TaskHandler).target));
    if (targets.size <= 1) return [];
    return [`${phase}: the Node versions start different files: ${[...targets].join(', ')}`];
  });
}

/** Variables of the server and data of the connection that a server task may name beside its own inputs. */
const known = /^(system\.\w+|endpoint\.\w+|subscriptionId)$/i;

/** Checks the request that the server sends: what it names exists, and every input is in it. */
function requestProblems(task: TaskManifest, inputs: Map<string, TaskInput>): string[] {
  const request = serverRequest(task)!;
  const text = JSON.stringify(request);
  const ofMustache = [...text.matchAll(/\{\{(?:#(?:if|unless) )?([\w.]+)\}\}/g)].map((match) => match[1]!);
  const named = new Set([...variables(text), ...ofMustache]);
  const problems = [...named]
    .filter((name) => !inputs.has(name) && !known.test(name))
    .map((name) => `execution: ${name} is neither an input nor a variable of the server`);
  for (const name of inputs.keys()) if (!named.has(name)) problems.push(`input ${name}: the request does not use it`);
  for (const part of ['Body', 'Headers']) {
    try {
      JSON.parse(request[part] || '{}');
    } catch {
      problems.push(`execution: ${part} is not JSON`);
    }
  }
  const awaits = request.WaitForCompletion === 'true';
  if (task.runsOn.includes('ServerGate') && (awaits || request.Expression === '')) {
    problems.push('execution: a gate is asked again and again, and needs an Expression that judges each answer');
  }
  return problems;
}

function canHaveValue(input: TaskInput, value: string): boolean {
  if (input.type === 'boolean') return value === 'true' || value === 'false';
  const isOpen = input.properties?.EditableOptions === 'True';
  return input.options === undefined || isOpen || value === '' || value in input.options;
}

function choiceProblems(input: TaskInput, isBound: boolean): string[] {
  const { type, options, properties = {} } = input;
  const problems: string[] = [];
  const isChoice = type === 'pickList' || type === 'radio';
  const isEditable = properties.EditableOptions === 'True';
  if (isChoice && !options && !isBound)
    problems.push('nothing fills its list: it has neither options nor a dataSourceBinding');
  if (!isChoice && options) problems.push(`a ${type} has no options`);
  if (isBound && type === 'pickList' && !isEditable) {
    problems.push('a list that Azure fills must have EditableOptions, or a YAML pipeline cannot give a variable');
  }
  return [...problems, ...defaultProblems(input, isEditable)];
}

function defaultProblems({ type, options, defaultValue, required }: TaskInput, isEditable: boolean): string[] {
  const problems: string[] = [];
  const text = String(defaultValue);
  const isGiven = defaultValue !== undefined && defaultValue !== '';
  if (options && !isEditable && isGiven && !(text in options)) {
    problems.push(`its default '${text}' is not among its options`);
  }
  if (type === 'boolean' && !['true', 'false'].includes(text)) problems.push('a boolean needs a default');
  if (type === 'int' && isGiven && !/^-?\d*$/.test(text)) problems.push(`its default '${text}' is not a whole number`);
  if (required && defaultValue === '') problems.push('a required input needs no empty default');
  return problems;
}

/** Checks that the source code and task.json speak of the same inputs, outputs and files. */
export function sourceProblems(task: TaskManifest, taskDir: string): string[] {
  const problems: string[] = [];
  const compare = (what: string, declared: string[], used: Set<string>, verb: string): void => {
    for (const name of declared) if (!used.has(name)) problems.push(`${what} ${name}: no code ${verb} it`);
    for (const name of used)
      if (!declared.includes(name)) problems.push(`${what} ${name}: the code ${verb} it, task.json lacks it`);
  };
  const names = (entries: Array<{ name: string }> | undefined): string[] => (entries ?? []).map((entry) => entry.name);
  if (!serverRequest(task)) {
    compare('input', names(task.inputs), inputsRead(taskDir), 'reads');
    compare('output', names(task.outputVariables), outputsSet(taskDir), 'sets');
  }

  for (const target of handlerTargets(task)) {
    const entry = target.replace(/\.js$/, '.ts');
    if (!existsSync(join(taskDir, entry))) problems.push(`handler target ${target}: there is no ${entry}`);
  }
  const icon = join(taskDir, 'icon.png');
  if (!existsSync(icon)) problems.push('there is no icon.png');
  else {
    const { width, height } = pngSize(icon);
    if (width !== 32 || height !== 32) problems.push(`icon.png is ${width}x${height}, not 32x32`);
  }
  return problems;
}

/** Checks one task's folder; returns every problem found, or an empty list. */
export function taskProblems(taskDir: string): string[] {
  const file = join(taskDir, 'task.json');
  const text = readFileSync(file, 'utf8');
  const task = readJson<TaskManifest>(file);
  const problems = text.includes('\r') ? ['task.json has Windows line ends'] : [];
  const shape = shapeProblems('task', task);
  // References can only be followed in a document of the right shape.
  if (shape.length > 0) return [...problems, ...shape];
  return [...problems, ...referenceProblems(task), ...sourceProblems(task, taskDir)];
}

/** Ids and names must differ between tasks: the server ignores the second of two equal ones without a word. */
export function uniquenessProblems(tasks: TaskManifest[]): string[] {
  return [
    ...repeated(tasks.map((task) => task.id)).map((id) => `the id ${id} is used by two tasks`),
    ...repeated(tasks.map((task) => task.name)).map((name) => `the name ${name} is used by two tasks`),
  ];
}
