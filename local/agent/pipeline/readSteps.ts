import { StepInputs } from '../inBox/stepInputs';
import { checkStepCondition, stepRuns } from './conditions';
import type { Value } from './expression';
import { PipelineError, type Faults } from './faults';
import { limits } from './limits';
import type { StepAction, StepPlan } from './plan';
import { readCheckout } from './readCheckout';
import { conditionOf, meant, Section } from './section';
import type { YamlNode } from './yamlNode';
import { checkInputs, findInBoxTask, findTask, isSameTask, noSuchTask, type CatalogTask } from './taskCatalog';

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
  /** Names of tasks to leave out. */
  skipTasks: string[];
  /** What is known of the job's variables before it runs. */
  variables: Record<string, Value>;
  warnings: string[];
  /** What cannot be run here: all of it is told at once. */
  faults: Faults;
}

const ofPowerShell = ['workingDirectory', 'failOnStderr', 'errorActionPreference', 'ignoreLASTEXITCODE'];

/** Kinds of steps by their first key. */
const readers: Record<string, { keys: string[]; read: StepReader }> = {
  task: { keys: ['inputs'], read: readTask },
  script: { keys: ['workingDirectory', 'failOnStderr'], read: (step) => readScript(step, 'script', 'bash', 'CmdLine') },
  bash: { keys: ['workingDirectory', 'failOnStderr'], read: (step) => readScript(step, 'bash', 'bash', 'Bash') },
  pwsh: { keys: ofPowerShell, read: (step) => readScript(step, 'pwsh', 'pwsh', 'PowerShell') },
  // Where there is no Windows the task takes pwsh for it, too. Source: azure-pipelines-tasks, PowerShellV2/powershell.ts.
  powershell: { keys: ofPowerShell, read: (step) => readScript(step, 'powershell', 'pwsh', 'PowerShell') },
  checkout: {
    keys: [
      ...['clean', 'fetchDepth', 'fetchTags', 'fetchFilter', 'lfs', 'submodules', 'path', 'persistCredentials'],
      ...['workspaceRepo', 'sparseCheckoutDirectories', 'sparseCheckoutPatterns'],
    ],
    read: (step, { warnings }) => ({ taskName: 'Checkout', action: readCheckout(step, warnings) }),
  },
  publish: {
    keys: ['artifact'],
    read: (step) => ({
      taskName: 'PublishPipelineArtifact',
      action: publishAction(pathOf(step, 'publish'), step.text('artifact')),
    }),
  },
  download: {
    keys: ['artifact', 'patterns', 'path'],
    read: (step) => {
      const source = step.text('download')!;
      if (source !== 'current') throw step.error(`download '${source}': ${limits.downloadOther.text}`, 'download');
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

/** The steps of a job: those that Azure Pipelines adds by itself, and those in the file. */
export interface JobSteps {
  implied: YamlNode[];
  written: YamlNode[];
}

export function readSteps({ implied, written }: JobSteps, place: string, context: StepsContext): StepPlan[] {
  const names = new Set<string>();
  const steps = [...implied, ...written].flatMap((fields, index) => {
    // Numbered as the reader of the file counts.
    const read = (): StepPlan[] =>
      readStep(stepSection(`${place}, step ${index + 1 - implied.length}`, fields), names, context);
    return context.faults.attempt(read) ?? [];
  });
  const checkouts = steps.map(({ action }) => action).filter((action) => action.kind === 'checkout');
  if (checkouts.length > 1) for (const checkout of checkouts) checkout.isOneOfSeveral = true;
  return steps;
}

/** A command by itself is not a step: the commonest slip of those who come from a shell script. */
function stepSection(trail: string, node: YamlNode): Section {
  if (node.kind !== 'text' || node.text === '') return new Section(trail, node);
  throw new PipelineError(node.place, trail, `a step is a mapping; write '- script: ${node.text}'.`);
}

function readStep(step: Section, names: Set<string>, context: StepsContext): StepPlan[] {
  const kind = step.keys.find((key) => key in readers);
  if (!kind) throw step.error(unknownStep(step));
  const { keys, read } = readers[kind]!;
  step.allow([kind, ...keys, ...commonKeys, 'target'], kind === 'task' ? misplacedInputs(step, context) : {});
  const target = step.get('target');
  if (target && (target.kind !== 'text' || target.text !== 'host')) throw step.error(limits.target.text, 'target');
  if ((kind === 'checkout' || kind === 'download') && step.text(kind) === 'none') return [];
  if (!step.boolean('enabled', true) || isLeftOut(step, context)) return [];
  const { taskName, action } = read(step, context);
  return [readCommon(step, taskName, action, names)];
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
    condition: conditionOf(step, checkStepCondition),
    continueOnError: step.boolean('continueOnError', false),
    timeoutInMinutes: step.number('timeoutInMinutes'),
    retryCountOnTaskFailure: step.number('retryCountOnTaskFailure') ?? 0,
    env: step.map('env'),
    action,
  };
}

/** Inputs that stand beside the task's name instead of beneath `inputs`, each with what to write. */
function misplacedInputs(step: Section, { tasks }: StepsContext): Record<string, string> {
  const reference = step.text('task')!;
  const found = findTask(tasks, reference) ?? findInBoxTask(reference);
  const names = (found?.task.inputs ?? []).flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const inputs = names.filter((name) => !commonKeys.includes(name));
  return Object.fromEntries(
    inputs.map((name) => [name, `'${name}' is an input of the task: write it beneath 'inputs'.`]),
  );
}

function unknownStep(step: Section): string {
  const elsewhere = ['downloadBuild', 'getPackage', 'upload', 'reviewApp'].find((kind) => step.has(kind));
  if (elsewhere) return `the step '${elsewhere}': ${limits.otherSteps.text}`;
  const [first = ''] = step.keys;
  return `no such step: '${first}'${meant(first, Object.keys(readers), 'Supported here')}`;
}

function readTask(step: Section, context: StepsContext): StepContent {
  const reference = step.text('task')!;
  if (!/^[^@]+@\d+(\.\d+)*$/.test(reference))
    throw step.error(`'${reference}' names no version, such as MLOpsTrain@1.`);
  const inputs = step.map('inputs');
  const found = findTask(context.tasks, reference) ?? findInBoxTask(reference);
  if (!found) return missing(step, reference, noSuchTask(reference, context.tasks), context);
  context.warnings.push(...checkInputs(found.task, inputs, step));
  const taskName = found.task.name;
  if ('folder' in found) return { taskName, action: { kind: 'task', ...found, inputs } };
  const refusal = found.inBox.refusal?.(new StepInputs(found.task, inputs));
  if (refusal) return missing(step, reference, `task ${reference}: ${refusal}`, context);
  return { taskName, action: { kind: 'inBox', ...found, inputs } };
}

/** A task that is not here stops the run before it begins, unless its step is not expected to run anyway. */
function missing(step: Section, reference: string, message: string, context: StepsContext): StepContent {
  const condition = step.text('condition') || undefined;
  if (condition === undefined || isExpectedToRun(condition, context)) throw step.error(message, 'task');
  return { taskName: reference.split('@')[0]!, action: { kind: 'missing', reference, message } };
}

function isExpectedToRun(condition: string, { variables }: StepsContext): boolean {
  try {
    return stepRuns(condition, 'succeeded', variables);
  } catch {
    return true;
  }
}

function isLeftOut(step: Section, { skipTasks, warnings }: StepsContext): boolean {
  const reference = step.text('task');
  if (reference === undefined || !skipTasks.some((name) => isSameTask(name, reference))) return false;
  warnings.push(`${step.place}: the task ${reference} is left out, as --skip-task asks.`);
  return true;
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

function pathOf(step: Section, key: string): string {
  const path = step.text(key);
  if (!path) throw step.error(`'${key}' needs the path of a file or folder.`, key);
  return path;
}

function publishAction(path: string, artifact: string | undefined): StepAction {
  return { kind: 'publish', path, artifact: artifact || '$(System.JobIdentifier)' };
}

function patternsOf(text: string | undefined): string[] {
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}
