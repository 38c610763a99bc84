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
  if (step.version !== `${known.major}.*`) problems.push(`version ${step.version} is not ${known.major}.*`);
  for (const [name, value] of Object.entries(step.inputs)) {
    if (!known.inputs.includes(name)) problems.push(`its task has no input ${name}`);
    const options = own?.inputs.find((input) => input.name === name)?.options;
    problems.push(...valueProblems(name, value, options, variables));
  }
  for (const input of own?.inputs ?? []) {
    const isNeeded = input.required && !input.defaultValue && input.visibleRule === undefined;
    if (isNeeded && !(input.name in step.inputs)) problems.push(`the required input ${input.name} is not set`);
  }
  return problems.map((problem) => `step ${step.name}: ${problem}`);
}

function valueProblems(
  name: string,
  value: string,
  options: Record<string, string> | undefined,
  variables: string[],
): string[] {
  const undefinedNames = [...value.matchAll(/\$\(([^)]+)\)/g)]
    .map(([, variable]) => variable!)
    .filter((variable) => !/^(Build|System|Agent|Release|Pipeline)\./i.test(variable) && !variables.includes(variable));
  const isWrong = options && !value.includes('$(') && !(value in options);
  return [
    ...(isWrong ? [`${name} cannot be '${value}'`] : []),
    ...undefinedNames.map((variable) => `nothing defines $(${variable})`),
  ];
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
  const tasks = taskFolders().map((folder) => readTask(folder));
  return [
    ...pictureProblems(manifest),
    ...fileProblems(manifest),
    ...pageProblems(manifest),
    ...listProblems(manifest),
    ...manifest.contributions.flatMap((contribution) =>
      contributionProblems(contribution, manifest.files, tasks).map(
        (problem) => `contribution ${contribution.id}: ${problem}`,
      ),
    ),
  ];
}

/** The icon and the screenshots are there in the sizes that the Marketplace shows. */
function pictureProblems({ icons, screenshots = [] }: ExtensionManifest): string[] {
  const pictures: Array<[string, number, number]> = [
    [icons.default, 128, 128],
    ...screenshots.map(({ path }): [string, number, number] => [path, 1366, 768]),
  ];
  return pictures.flatMap(([path, width, height]) => {
    if (!existsSync(join(root, path))) return [`there is no ${path}`];
    const size = pngSize(join(root, path));
    if (size.width === width && size.height === height) return [];
    return [`${path} is ${size.width}x${size.height}, not ${width}x${height}`];
  });
}

function fileProblems({ content, files }: ExtensionManifest): string[] {
  const sources = [content.details.path, content.license.path, ...files.map(({ path }) => path)];
  return (
    sources
      // The tab is built when the extension is packaged.
      .filter((path) => path !== tabFolder && !existsSync(join(root, path)))
      .map((path) => `there is no ${path}`)
  );
}

/** The pictures of the Marketplace page are files that it can reach. */
function pageProblems({ content, files }: ExtensionManifest): string[] {
  const file = join(root, content.details.path);
  const page = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return [...page.matchAll(/!\[[^\]]*\]\((?!https:)([^)]+)\)/g)]
    .filter(([, picture]) => !files.some(({ path, addressable }) => path === picture && addressable))
    .map(([, picture]) => `${content.details.path} shows ${picture}, which is not an addressable file`);
}

/** Every contribution stands once, and every task is contributed. */
function listProblems({ contributions }: ExtensionManifest): string[] {
  const ids = contributions.map(({ id }) => id);
  const problems = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `contribution ${id} stands twice`);
  const contributed = contributions
    .filter(({ type }) => type === 'ms.vss-distributed-task.task')
    .map(({ properties }) => properties.name)
    .sort();
  const expected = taskFolders().map((folder) => `tasks/${folder}`);
  if (contributed.join() !== expected.join()) {
    problems.push(`contributed tasks are ${contributed.join(', ')}; there are ${expected.join(', ')}`);
  }
  return problems;
}

function contributionProblems(
  contribution: Contribution,
  files: ExtensionManifest['files'],
  tasks: TaskManifest[],
): string[] {
  const { type, properties } = contribution;
  const { uri, supportsTasks } = properties;
  const problems: string[] = [];
  const isServed = files.some(({ path, addressable }) => addressable && uri?.startsWith(`${path}/`));
  if (uri !== undefined && !isServed) problems.push(`its page ${uri} is not in an addressable folder`);
  const ids = tasks
    .filter((task) => !serverRequest(task))
    .map(({ id }) => id)
    .sort();
  if (supportsTasks && [...supportsTasks].sort().join() !== ids.join()) {
    problems.push(`it must support exactly the tasks that an agent runs: ${ids.join(', ')}`);
  }
  switch (type) {
    case 'ms.vss-build.template':
      return [...problems, ...packagedTemplateProblems(properties.name, files, tasks)];
    case 'ms.vss-environmenttemplate.environment-template':
      return [...problems, ...iconProblems(properties.icon, files), ...stageTemplateProblems(contribution, tasks)];
    default:
      return problems;
  }
}

function packagedTemplateProblems(folder: string, files: ExtensionManifest['files'], tasks: TaskManifest[]): string[] {
  const file = join(root, folder, 'template.json');
  const isPackaged = files.some(({ path }) => path === folder);
  return [
    ...(isPackaged ? [] : [`${folder} is not among the packaged files`]),
    ...(existsSync(file) ? buildTemplateProblems(readJson(file), tasks) : [`there is no ${folder}/template.json`]),
  ];
}

function iconProblems(icon: string | undefined, files: ExtensionManifest['files']): string[] {
  if (!icon || files.some(({ path, addressable }) => path === icon && addressable)) return [];
  return [`its icon ${icon} is not an addressable file`];
}
