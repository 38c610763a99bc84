import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pngSize } from './pngSize';
import { shapeProblems } from './shape';
import { readJson, readTask, root, taskFolders, type TaskManifest, serverRequest } from './taskManifest';

export interface WorkflowTask {
  taskId: string;
  version: string;
  name: string;
  inputs: Record<string, string>;
}

export interface Contribution {
  id: string;
  type: string;
  properties: {
    name: string;
    icon?: string;
    uri?: string;
    supportsTasks?: string[];
    variables?: Record<string, { value: string }>;
    deployPhases?: Array<{ workflowTasks: WorkflowTask[] }>;
  };
}

export interface ExtensionManifest {
  id: string;
  publisher: string;
  name: string;
  icons: { default: string };
  galleryFlags?: string[];
  /** By kind; a path leads to a file of the repository. */
  links?: Record<string, { uri: string }>;
  repository?: { type: 'git'; uri: string };
  screenshots?: Array<{ path: string }>;
  content: { details: { path: string }; license: { path: string } };
  /** Paths in the package; the tasks lie in it as they were built. */
  files: Array<{ path: string; addressable?: boolean }>;
  contributions: Contribution[];
}

interface BuildTemplate {
  iconTaskId: string;
  template: {
    build: Array<{ displayName: string; task: { id: string; versionSpec: string }; inputs: Record<string, string> }>;
    variables: Record<string, { value: string }>;
    processParameters: {
      inputs: Array<{ name: string; type: string }>;
      dataSourceBindings?: Array<{ target: string }>;
    };
  };
}

/** Tasks that Azure DevOps itself brings and that the templates use. Source: microsoft/azure-pipelines-tasks. */
const builtIn: Array<{ id: string; major: number; inputs: string[] }> = [
  { id: '2ff763a7-ce83-4e1f-bc89-0ae63477cebe', major: 1, inputs: ['PathtoPublish', 'ArtifactName', 'ArtifactType'] },
];

/** The folder of the tab in the package. */
export const tabFolder = 'tab';

export const readManifest = (): ExtensionManifest => readJson(join(root, 'vss-extension.json'));

/** Checks one step of a template: the task is there in that version, and has the inputs that the step sets. */
function stepProblems(
  step: { name: string; id: string; version: string; inputs: Record<string, string> },
  tasks: TaskManifest[],
  variables: string[],
): string[] {
  const own = tasks.find((task) => task.id === step.id);
  const theirs = builtIn.find((task) => task.id === step.id);
  const known = own ? { major: own.version.Major, inputs: own.inputs.map((input) => input.name) } : theirs;
  if (!known) return [`step ${step.name}: no task has the id ${step.id}`];
  const problems: string[] = [];
  if (step.version !== `${known.major}.*`)
    problems.push(`step ${step.name}: version ${step.version} is not ${known.major}.*`);
  for (const [name, value] of Object.entries(step.inputs)) {
    if (!known.inputs.includes(name)) problems.push(`step ${step.name}: its task has no input ${name}`);
    const options = own?.inputs.find((input) => input.name === name)?.options;
    if (options && !value.includes('$(') && !(value in options)) {
      problems.push(`step ${step.name}: ${name} cannot be '${value}'`);
    }
    for (const [, variable] of value.matchAll(/\$\(([^)]+)\)/g)) {
      const isPredefined = /^(Build|System|Agent|Release|Pipeline)\./i.test(variable!);
      if (!isPredefined && !variables.includes(variable!))
        problems.push(`step ${step.name}: nothing defines $(${variable})`);
    }
  }
  for (const input of own?.inputs ?? []) {
    const isNeeded = input.required && !input.defaultValue && input.visibleRule === undefined;
    if (isNeeded && !(input.name in step.inputs))
      problems.push(`step ${step.name}: the required input ${input.name} is not set`);
  }
  return problems;
}

/** Checks the template of a classic build. */
export function buildTemplateProblems(document: unknown, tasks: TaskManifest[]): string[] {
  const shape = shapeProblems('buildTemplate', document);
  if (shape.length > 0) return shape;
  const { iconTaskId, template } = document as BuildTemplate;
  const parameters = template.processParameters.inputs.map(({ name }) => `Parameters.${name}`);
  const steps = template.build.map(({ displayName: name, task, inputs }) => ({
    name,
    id: task.id,
    version: task.versionSpec,
    inputs,
  }));
  const problems = steps.flatMap((step) =>
    stepProblems(step, tasks, [...parameters, ...Object.keys(template.variables)]),
  );
  const { inputs, dataSourceBindings = [] } = template.processParameters;
  for (const { target } of dataSourceBindings) {
    if (!inputs.some(({ name, type }) => name === target && type === 'pickList'))
      problems.push(`dataSourceBinding of ${target}: there is no such list`);
  }
  for (const { name, type } of inputs) {
    const isFilled = dataSourceBindings.some(({ target }) => target === name);
    if (type === 'pickList' && !isFilled) problems.push(`parameter ${name}: nothing fills its list`);
  }
  const used = JSON.stringify(template.build);
  problems.push(...parameters.filter((name) => !used.includes(`$(${name})`)).map((name) => `no step uses $(${name})`));
  if (!tasks.some((task) => task.id === iconTaskId)) problems.push(`iconTaskId: no task has the id ${iconTaskId}`);
  return problems;
}

/** Checks the template of a classic release stage, which stands in the manifest itself. */
function stageTemplateProblems({ properties }: Contribution, tasks: TaskManifest[]): string[] {
  return (properties.deployPhases ?? [])
    .flatMap((phase) => phase.workflowTasks)
    .flatMap((step) => stepProblems({ ...step, id: step.taskId }, tasks, Object.keys(properties.variables ?? {})));
}

/** Checks the manifest and all that it refers to. Returns every problem found, or an empty list. */
export function manifestProblems(manifest: ExtensionManifest = readManifest()): string[] {
  const shape = shapeProblems('manifest', manifest);
  if (shape.length > 0) return shape;
  const problems: string[] = [];
  const tasks = taskFolders().map((folder) => readTask(folder));
  const { icons, screenshots = [], content, files, contributions } = manifest;

  const pictures: Array<[string, number, number]> = [
    [icons.default, 128, 128],
    ...screenshots.map(({ path }): [string, number, number] => [path, 1366, 768]),
  ];
  for (const [path, width, height] of pictures) {
    if (!existsSync(join(root, path))) problems.push(`there is no ${path}`);
    else {
      const size = pngSize(join(root, path));
      if (size.width !== width || size.height !== height) {
        problems.push(`${path} is ${size.width}x${size.height}, not ${width}x${height}`);
      }
    }
  }
  const sources = [content.details.path, content.license.path, ...files.map(({ path }) => path)];
  // The tab is built when the extension is packaged.
  for (const path of sources.filter((each) => each !== tabFolder)) {
    if (!existsSync(join(root, path))) problems.push(`there is no ${path}`);
  }

  const page = existsSync(join(root, content.details.path))
    ? readFileSync(join(root, content.details.path), 'utf8')
    : '';
  for (const [, picture] of page.matchAll(/!\[[^\]]*\]\((?!https:)([^)]+)\)/g)) {
    if (!files.some(({ path, addressable }) => path === picture && addressable)) {
      problems.push(`${content.details.path} shows ${picture}, which is not an addressable file`);
    }
  }

  const ids = contributions.map(({ id }) => id);
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index))
    problems.push(`contribution ${id} stands twice`);
  const contributed = contributions
    .filter(({ type }) => type === 'ms.vss-distributed-task.task')
    .map(({ properties }) => properties.name)
    .sort();
  const expected = taskFolders().map((folder) => `tasks/${folder}`);
  if (contributed.join() !== expected.join()) {
    problems.push(`contributed tasks are ${contributed.join(', ')}; there are ${expected.join(', ')}`);
  }

  const packaged = files.map(({ path }) => path);
  for (const contribution of contributions) {
    const { type, properties } = contribution;
    const found: string[] = [];
    const { uri, supportsTasks } = properties;
    const isServed = files.some(({ path, addressable }) => addressable && uri?.startsWith(`${path}/`));
    if (uri !== undefined && !isServed) found.push(`its page ${uri} is not in an addressable folder`);
    const ids = tasks
      .filter((task) => !serverRequest(task))
      .map(({ id }) => id)
      .sort();
    if (supportsTasks && [...supportsTasks].sort().join() !== ids.join()) {
      found.push(`it must support exactly the tasks that an agent runs: ${ids.join(', ')}`);
    }
    if (type === 'ms.vss-build.template') {
      const file = join(root, properties.name, 'template.json');
      if (!packaged.includes(properties.name)) found.push(`${properties.name} is not among the packaged files`);
      if (existsSync(file)) found.push(...buildTemplateProblems(readJson(file), tasks));
      else found.push(`there is no ${properties.name}/template.json`);
    } else if (type === 'ms.vss-environmenttemplate.environment-template') {
      const isServed = files.some(({ path, addressable }) => path === properties.icon && addressable);
      if (properties.icon && !isServed) found.push(`its icon ${properties.icon} is not an addressable file`);
      found.push(...stageTemplateProblems(contribution, tasks));
    }
    problems.push(...found.map((problem) => `contribution ${contribution.id}: ${problem}`));
  }
  return problems;
}
