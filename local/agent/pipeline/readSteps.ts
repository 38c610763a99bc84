import type { StepAction, StepPlan } from './plan';
import { PipelineError, Section } from './section';
import { checkInputs, findTask, type CatalogTask } from './taskCatalog';

const commonKeys = [
  'displayName',
  'name',
  'condition',
  'continueOnError',
  'enabled',
  'timeoutInMinutes',
  'retryCountOnTaskFailure',
  'env',
];

interface StepContent {
  /** The name that Azure DevOps gives to a step that has none. */
  taskName: string;
  action: StepAction;
}

type StepReader = (step: Section, context: StepsContext) => StepContent;

export interface StepsContext {
  tasks: CatalogTask[];
  warnings: string[];
}

/** Kinds of steps by their first key. */
const readers: Record<string, { keys: string[]; read: StepReader }> = {
  task: { keys: ['inputs'], read: readTask },
  script: { keys: ['workingDirectory', 'failOnStderr'], read: (step) => readScript(step, 'script', 'bash', 'CmdLine') },
  bash: { keys: ['workingDirectory', 'failOnStderr'], read: (step) => readScript(step, 'bash', 'bash', 'Bash') },
  pwsh: {
    keys: ['workingDirectory', 'failOnStderr', 'errorActionPreference', 'ignoreLASTEXITCODE'],
    read: (step) => readScript(step, 'pwsh', 'pwsh', 'PowerShell'),
  },
  checkout: {
    keys: ['clean', 'fetchDepth', 'fetchTags', 'fetchFilter', 'lfs', 'submodules', 'path', 'persistCredentials'],
    read: (step) => {
      const repository = step.text('checkout')!;
      if (repository !== 'self')
        throw step.error(`only 'self' and 'none' can be checked out here, not '${repository}'.`);
      return { taskName: 'Checkout', action: { kind: 'checkout' } };
    },
  },
  publish: {
    keys: ['artifact'],
    read: (step) => ({
      taskName: 'PublishPipelineArtifact',
      action: publishAction(step.text('publish')!, step.text('artifact'), false),
    }),
  },
  download: {
    keys: ['artifact', 'patterns', 'path'],
    read: (step) => {
      const source = step.text('download')!;
      if (source !== 'current') throw step.error(`only 'current' and 'none' can be downloaded here, not '${source}'.`);
      return {
        taskName: 'DownloadPipelineArtifact',
        action: {
          kind: 'download',
          artifact: step.text('artifact'),
          patterns: patternsOf(step.text('patterns')),
          path: step.text('path'),
        },
      };
    },
  },
};

/** Tasks of Azure DevOps itself that the local agent stands in for. */
const inBoxTasks: Record<string, (inputs: Record<string, string>, step: Section) => StepAction> = {
  'publishpipelineartifact@1': (inputs) =>
    publishAction(inputs.targetpath || inputs.path || '$(Pipeline.Workspace)', artifactName(inputs), false),
  'publishbuildartifacts@1': (inputs) =>
    publishAction(inputs.pathtopublish || '$(Build.ArtifactStagingDirectory)', artifactName(inputs) ?? 'drop', true),
  'downloadpipelineartifact@2': (inputs, step) => {
    const source = inputs.buildtype ?? inputs.source ?? 'current';
    if (source !== 'current') throw step.error(`artifacts of another run cannot be downloaded here (${source}).`);
    return {
      kind: 'download',
      artifact: artifactName(inputs),
      patterns: patternsOf(inputs.itempattern ?? inputs.patterns),
      path: inputs.targetpath || inputs.path || inputs.downloadpath || '$(Pipeline.Workspace)',
    };
  },
  'bash@3': (inputs, step) => inlineScript(inputs, step),
  'cmdline@2': (inputs, step) => inlineScript(inputs, step),
};

/** The steps of a job: those that Azure Pipelines adds by itself, and those in the file. */
export interface JobSteps {
  implied: unknown[];
  written: unknown[];
}

export function readSteps({ implied, written }: JobSteps, place: string, context: StepsContext): StepPlan[] {
  const names = new Set<string>();
  return [...implied, ...written].flatMap((fields, index) => {
    // Numbered as the reader of the file counts.
    const step = new Section(`${place}, step ${index + 1 - implied.length}`, fields);
    const kind = step.keys.find((key) => key in readers);
    if (!kind) throw new PipelineError(step.place, unknownStep(step));
    const { keys, read } = readers[kind]!;
    step.allow([kind, ...keys, ...commonKeys], {
      target: 'is not supported by the local agent: steps run on the host.',
    });
    if ((kind === 'checkout' || kind === 'download') && step.text(kind) === 'none') return [];
    const { taskName, action } = read(step, context);
    if (!step.boolean('enabled', true)) return [];
    const plan = readCommon(step, taskName, action, names);
    return [plan];
  });
}

function readCommon(step: Section, taskName: string, action: StepAction, names: Set<string>): StepPlan {
  const given = step.text('name');
  if (given !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(given)) {
    throw step.error(`the name '${given}' may hold letters, digits and _ only.`);
  }
  if (given !== undefined && names.has(given.toLowerCase())) throw step.error(`the name '${given}' is taken.`);
  let name = given ?? taskName;
  for (let n = 1; names.has(name.toLowerCase()); n++) name = `${taskName}${n}`;
  names.add(name.toLowerCase());
  return {
    name,
    displayName: step.text('displayName') || taskName,
    condition: step.text('condition') || undefined,
    continueOnError: step.boolean('continueOnError', false),
    timeoutInMinutes: step.number('timeoutInMinutes'),
    retryCountOnTaskFailure: step.number('retryCountOnTaskFailure') ?? 0,
    env: step.map('env'),
    action,
  };
}

function unknownStep(step: Section): string {
  if (step.has('template')) return 'templates are not supported by the local agent.';
  if (step.has('powershell')) return "'powershell' needs Windows; use 'pwsh', 'bash' or 'script'.";
  return `no such step: '${step.keys[0] ?? ''}'. Supported here: ${Object.keys(readers).join(', ')}.`;
}

function readTask(step: Section, { tasks, warnings }: StepsContext): StepContent {
  const reference = step.text('task')!;
  if (!/^[^@]+@\d+(\.\d+)*$/.test(reference))
    throw step.error(`'${reference}' names no version, such as MLOpsTrain@1.`);
  const inputs = step.map('inputs');
  const inBox = inBoxTasks[reference.toLowerCase()];
  if (inBox) {
    const lower = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name.toLowerCase(), value]));
    return { taskName: reference.split('@')[0]!, action: inBox(lower, step) };
  }
  const found = findTask(tasks, reference);
  if (!found) {
    const own = tasks.map(({ task }) => `${task.name}@${task.version.Major}`);
    const names = [...own, ...Object.keys(inBoxTasks)].join(', ');
    throw step.error(
      `the local agent has no task ${reference}. It has: ${names}; and script, bash, publish, download.`,
    );
  }
  warnings.push(...checkInputs(found.task, inputs, step));
  return { taskName: found.task.name, action: { kind: 'task', ...found, inputs } };
}

function readScript(step: Section, key: string, shell: 'bash' | 'pwsh', taskName: string): StepContent {
  const action: StepAction = {
    kind: 'script',
    shell,
    text: step.text(key)!,
    workingDirectory: step.text('workingDirectory'),
    failOnStderr: step.boolean('failOnStderr', false),
  };
  return { taskName, action };
}

function inlineScript(inputs: Record<string, string>, step: Section): StepAction {
  if (inputs.targettype?.toLowerCase() === 'filepath' || inputs.script === undefined) {
    throw step.error(
      'only inline scripts are supported here: give the input script, and targetType: inline for Bash@3.',
    );
  }
  return {
    kind: 'script',
    shell: 'bash',
    text: inputs.script,
    workingDirectory: inputs.workingdirectory,
    failOnStderr: inputs.failonstderr?.toLowerCase() === 'true',
  };
}

function publishAction(path: string, artifact: string | undefined, containerArtifact: boolean): StepAction {
  return { kind: 'publish', path, artifact: artifact || '$(System.JobIdentifier)', containerArtifact };
}

function artifactName(inputs: Record<string, string>): string | undefined {
  return inputs.artifact || inputs.artifactname || undefined;
}

function patternsOf(text: string | undefined): string[] {
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}
