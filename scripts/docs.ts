/**
 * Writes docs/tasks/<Folder>.md from each task.json, where every name, default and help text lives, with the drawings of its form, and the drawing in
 * docs/architecture.md from the imports.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { architectureFile, withDrawing } from './architecture';
import { neededInputs, requirement } from './requirements';
import { formAtFirst, formFiles, wholeForm } from './taskForm';
import { readTask, root, serverRequest, taskFolders, type TaskInput, type TaskManifest } from './taskManifest';

export const taskPageFile = (folder: string): string => join(root, 'docs', 'tasks', `${folder}.md`);

function defaultOf({ defaultValue }: TaskInput): string | undefined {
  return defaultValue === undefined || defaultValue === '' ? undefined : String(defaultValue);
}

/** What may be given, in the words of a YAML pipeline's author. */
function kindOf({ type, options, properties }: TaskInput): string {
  if (type.startsWith('connectedService:')) return `service connection (${type.split(':')[1]})`;
  if (options) {
    const values = Object.keys(options).map((value) => `\`${value}\``);
    return properties?.EditableOptions === 'True' ? `${values.join(', ')} or another` : values.join(', ');
  }
  const kinds: Record<string, string> = {
    boolean: '`true`, `false`',
    filePath: 'path',
    multiLine: 'text of several lines',
    pickList: 'text (a list in the designer)',
    string: 'text',
    int: 'whole number',
    secureFile: 'secure file',
  };
  return kinds[type] ?? type;
}

/** Groups in their order, the visible inputs first. */
function grouped(task: TaskManifest): Array<{ title: string; inputs: TaskInput[]; visibleRule?: string }> {
  const groups = [
    { name: undefined, displayName: 'Main inputs', visibleRule: undefined },
    ...(task.groups ?? []).map(({ name, displayName, visibleRule }) => ({ name, displayName, visibleRule })),
  ];
  return groups
    .map(({ name, displayName, visibleRule }) => ({
      title: displayName,
      inputs: task.inputs.filter((input) => input.groupName === name),
      visibleRule,
    }))
    .filter(({ inputs }) => inputs.length > 0);
}

function yamlLine(input: TaskInput, needed: string[]): string {
  const value = defaultOf(input);
  if (needed.includes(input.name)) return `${input.name}: ... # ${input.label}`;
  if (value === undefined) return `# ${input.name}: # ${input.label}`;
  return `# ${input.name}: ${/^[\w./-]+$/.test(value) ? value : `'${value}'`}`;
}

/** Every input, with its default; those that must be given while the others have their defaults are not commented out. */
function yaml(task: TaskManifest): string {
  const needed = neededInputs(task, {});
  const groups = grouped(task).map(({ title, inputs }) =>
    [`# ${title}`, ...inputs.map((input) => yamlLine(input, needed))].map((line) => `    ${line}`).join('\n'),
  );
  const inputs = needed.length > 0 ? '  inputs:' : '  # inputs:';
  return `- task: ${task.name}@${task.version.Major}\n${inputs}\n${groups.join('\n\n')}`;
}

/** Where a step of the task can be seen, each with the words for it. */
const shownIn: ReadonlyArray<readonly [title: string, file: string]> = [
  ['In the quickstart', 'examples/quickstart/azure-pipelines.yml'],
  ['In a pipeline', 'examples/recipes/pipelines/without-agent.yml'],
];

/** The task's step in the first of the pipelines that has one, beneath a heading. */
function shownStep(task: TaskManifest): string[] {
  const reference = `- task: ${task.name}@${task.version.Major}`;
  for (const [title, file] of shownIn) {
    const pipeline = readFileSync(join(root, file), 'utf8');
    const match = new RegExp(`^( *)${reference}\\n(?:\\1  .*\\n)*`, 'm').exec(pipeline);
    if (!match) continue;
    const step = match[0].replaceAll(new RegExp(`^${match[1]}`, 'gm'), '').trimEnd();
    return [`## ${title}`, `\`\`\`yaml\n${step}\n\`\`\``];
  }
  throw new Error(`No pipeline of ${shownIn.map(([, file]) => file).join(', ')} has a step ${reference}`);
}

function inputSection(task: TaskManifest, input: TaskInput): string {
  const value = defaultOf(input);
  const needs = requirement(task, input);
  const facts = [
    input.label,
    kindOf(input),
    input.aliases && `also \`${input.aliases.join('`, `')}\``,
    needs ?? (value === undefined ? 'optional' : undefined),
    value !== undefined && `default \`${value}\``,
    input.visibleRule && !needs?.includes(input.visibleRule) && `shown when \`${input.visibleRule}\``,
  ];
  const help = relativeLinks(input.helpMarkDown ?? '');
  return [`#### \`${input.name}\``, '', facts.filter(Boolean).join(' · '), '', help].join('\n');
}

/** Links in task.json start at the repository's root, and those of the page at its own folder. */
const relativeLinks = (markdown: string): string => markdown.replaceAll('](docs/', '](../');

/** What the block of all inputs leaves uncommented, and what it cannot show. */
function needed(task: TaskManifest): string {
  const needs = task.inputs.filter((input) => requirement(task, input) !== undefined);
  if (needs.length === 0 && serverRequest(task)) return 'No input must be given.';
  if (needs.length === 0)
    return 'No input must be given: a record that an earlier task of the chain left names the rest.';
  return 'With every other input at its default, those without `#` must be given. Below, each input says when it is required.';
}

/** The drawings of a task's form, by their files. */
export function taskForms(folder: string): Array<[file: string, drawing: string]> {
  const task = readTask(folder);
  const { atFirst, whole } = formFiles(folder);
  const file = (name: string): string => join(root, 'docs', 'tasks', name);
  return [
    [file(atFirst), formAtFirst(task)],
    [file(whole), wholeForm(task)],
  ];
}

function formSection(task: TaskManifest): string {
  const { atFirst, whole } = formFiles(task.name.replace(/^MLOps/, ''));
  return `A preview, drawn from \`task.json\`. [The whole form](${whole}) has every group open and the help of each input.

![Preview of the form of ${task.name} as it opens](${atFirst})`;
}

function outputSection(step: string, outputs: NonNullable<TaskManifest['outputVariables']>): string[] {
  return [
    '## Output variables',
    `With \`name: ${step}\` on the step, later steps of the job read them as \`$(${step}.${outputs[0]?.name})\`.`,
    outputs.map(({ name, description }) => `- \`${name}\`: ${description}`).join('\n'),
  ];
}

/** The page of one task, as Markdown in this repository's format. */
export async function taskPage(task: TaskManifest): Promise<string> {
  const reference = `${task.name}@${task.version.Major}`;
  const step = task.name.replace(/^MLOps/, '').toLowerCase();
  const outputs = task.outputVariables ?? [];
  const parts = [
    `<!-- Made from task.json by \`npm run docs\`. -->`,
    `# ${reference}`,
    task.description,
    relativeLinks(task.helpMarkDown ?? ''),
    ...shownStep(task),
    '## The form in the classic designer',
    formSection(task),
    '## All inputs with their defaults',
    needed(task),
    `\`\`\`yaml\n${yaml(task)}\n\`\`\``,
    '## Inputs',
    ...grouped(task).flatMap(({ title, inputs }) => [
      `### ${title}`,
      ...inputs.map((input) => inputSection(task, input)),
    ]),
    ...(outputs.length > 0 ? outputSection(step, outputs) : []),
  ];
  const file = taskPageFile(step);
  return format(`${parts.join('\n\n')}\n`, { ...(await resolveConfig(file)), parser: 'markdown' });
}

async function main(): Promise<void> {
  mkdirSync(join(root, 'docs', 'tasks', 'pictures'), { recursive: true });
  for (const folder of taskFolders()) {
    writeFileSync(taskPageFile(folder), await taskPage(readTask(folder)));
    for (const [file, drawing] of taskForms(folder)) writeFileSync(file, drawing);
  }
  writeFileSync(architectureFile, withDrawing(readFileSync(architectureFile, 'utf8')));
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
