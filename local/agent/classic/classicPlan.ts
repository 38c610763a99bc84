import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../installation';
import type { HostType } from '../stepContext';
import type { PipelinePlan, StepAction, StepPlan, VariableDefinition } from '../pipeline/plan';
import { Section } from '../pipeline/section';
import { checkInputs, findInBoxTask, findTask, noSuchTask, type CatalogTask } from '../pipeline/taskCatalog';
import { isConnectedService } from '../taskInputs';
import type { TaskDefinition } from '../taskDefinition';

export interface ClassicOptions {
  tasks: CatalogTask[];
  /** What a user of the designer would choose from the pick lists, where a template leaves it to them. */
  chosen: Record<string, string>;
  /** Parameters and variables that the user gives, as in the designer's form. */
  set: Record<string, string>;
}

/** A step of a template of either kind, as the designer would save it. */
interface TemplateStep {
  task: string;
  displayName: string;
  refName: string;
  enabled: boolean;
  continueOnError: boolean;
  alwaysRun: boolean;
  /** Goes before `alwaysRun`. */
  condition?: string;
  inputs: Record<string, string>;
}

interface Template {
  name: string;
  /** Of the stage, or of what a classic build calls its phase. */
  displayName: string;
  variables: Record<string, string>;
  /** What `$(Parameters.name)` stands for. */
  parameters: Record<string, string>;
  steps: TemplateStep[];
}

/** A pipeline or stage that was made of the extension's own template, with what a user would fill in. */
export function classicPlan(kind: HostType, { tasks, chosen, set }: ClassicOptions): PipelinePlan {
  const template = kind === 'build' ? buildTemplate() : stageTemplate();
  const fill = (values: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, set[name] ?? (value || (chosen[name] ?? ''))]),
    );
  const parameters = fill(template.parameters);
  const values = fill(template.variables);
  const known = [...Object.keys(parameters), ...Object.keys(values)];
  const unknown = Object.keys(set).filter((name) => !known.includes(name) && !name.includes('.'));
  if (unknown.length > 0) {
    throw new Error(`The classic ${kind} template has no ${unknown.join(', ')} to set. It has: ${known.join(', ')}.`);
  }
  const warnings: string[] = [];
  const steps = template.steps
    .filter(({ enabled }) => enabled)
    .map((step, index) => readStep(step, { kind, index, tasks, parameters, chosen, warnings }));
  const checkout = stepPlan(
    { displayName: 'Get sources', refName: '' },
    {
      kind: 'checkout',
      fetchTags: true,
      submodules: 'none',
    },
  );
  const variables: VariableDefinition[] = Object.entries(values).map(([name, value]) => ({
    name,
    value,
    readOnly: false,
  }));
  const common = { dependsOn: [], condition: undefined, variables };
  const job = { name: 'Job', displayName: 'Agent job', environment: undefined, deployment: false };
  return {
    name: template.name,
    runName: undefined,
    variables,
    stages: [
      {
        ...common,
        name: 'Stage',
        isManual: false,
        displayName: template.displayName,
        jobs: [
          {
            ...common,
            ...job,
            continueOnError: false,
            timeoutInMinutes: undefined,
            steps: kind === 'build' ? [checkout, ...steps] : steps,
          },
        ],
      },
    ],
    given: Object.fromEntries(Object.entries(set).filter(([name]) => !(name in parameters))),
    warnings,
  };
}

interface StepSurroundings {
  kind: HostType;
  index: number;
  tasks: CatalogTask[];
  parameters: Record<string, string>;
  chosen: Record<string, string>;
  warnings: string[];
}

function readStep(step: TemplateStep, surroundings: StepSurroundings): StepPlan {
  const { kind, index, tasks, warnings } = surroundings;
  const place = new Section(`step ${index + 1}`, {
    kind: 'map',
    entries: [],
    place: { file: `classic ${kind}`, line: 0 },
  });
  const found = findTask(tasks, step.task) ?? findInBoxTask(step.task);
  if (!found) throw place.error(noSuchTask(step.task, tasks));
  const inputs = inputsOf(step, found.task, surroundings);
  warnings.push(...checkInputs(found.task, inputs, place));
  const action: StepAction =
    'folder' in found ? { kind: 'task', ...found, inputs } : { kind: 'inBox', ...found, inputs };
  return stepPlan(step, action);
}

/** `$(Parameters.name)` is put in when the definition is made; a connection that a template leaves open is chosen. */
function inputsOf(
  { inputs }: TemplateStep,
  task: TaskDefinition,
  { parameters, chosen }: Pick<StepSurroundings, 'parameters' | 'chosen'>,
): Record<string, string> {
  const isConnection = (name: string): boolean =>
    task.inputs.some((input) => input.name === name && isConnectedService(input));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, text]) => {
      const value = text.replace(
        /\$\(Parameters\.(\w+)\)/g,
        (whole, parameter: string) => parameters[parameter] ?? whole,
      );
      return [name, value === '' && isConnection(name) ? (chosen.azureSubscription ?? '') : value];
    }),
  );
}

function stepPlan(
  step: Partial<TemplateStep> & { displayName: string; refName: string },
  action: StepAction,
): StepPlan {
  return {
    name: step.refName || step.displayName.replace(/\W+/g, '_'),
    displayName: step.displayName,
    // "Even if a previous task has failed, unless the build was canceled".
    condition: step.condition ?? (step.alwaysRun ? 'succeededOrFailed()' : undefined),
    continueOnError: step.continueOnError ?? false,
    timeoutInMinutes: undefined,
    retryCountOnTaskFailure: 0,
    env: {},
    action,
  };
}

type Values = Record<string, { value: string }>;

const valuesOf = (variables: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, { value }]) => [name, value]));

const major = (version: string): string => version.split('.')[0]!;

function buildTemplate(): Template {
  const file = path.join(root, 'templates', 'build', 'template.json');
  const { name, template } = JSON.parse(readFileSync(file, 'utf8')) as {
    name: string;
    template: {
      build: Array<Omit<TemplateStep, 'task'> & { task: { id: string; versionSpec: string } }>;
      variables: Values;
      processParameters: { inputs: Array<{ name: string; defaultValue: string }> };
    };
  };
  return {
    name,
    displayName: 'Build',
    variables: valuesOf(template.variables),
    parameters: Object.fromEntries(template.processParameters.inputs.map((input) => [input.name, input.defaultValue])),
    steps: template.build.map((step) => ({ ...step, task: `${step.task.id}@${major(step.task.versionSpec)}` })),
  };
}

/** The stage template stands in the manifest itself, as a contribution. */
function stageTemplate(): Template {
  const { contributions } = JSON.parse(readFileSync(path.join(root, 'vss-extension.json'), 'utf8')) as {
    contributions: Array<{ type: string; properties: unknown }>;
  };
  const { properties } = contributions.find(({ type }) => type === 'ms.vss-environmenttemplate.environment-template')!;
  const { name, variables, deployPhases } = properties as {
    name: string;
    variables: Values;
    deployPhases: Array<{
      workflowTasks: Array<
        Omit<TemplateStep, 'task' | 'displayName'> & { taskId: string; version: string; name: string }
      >;
    }>;
  };
  return {
    name,
    displayName: 'Stage 1',
    variables: valuesOf(variables),
    parameters: {},
    steps: deployPhases
      .flatMap(({ workflowTasks }) => workflowTasks)
      .map((step) => ({ ...step, displayName: step.name, task: `${step.taskId}@${major(step.version)}` })),
  };
}
