import path from 'node:path';
import { repositoryRoot } from '../run/sources';
import { PipelineExpander } from './expandPipeline';
import { Moment } from './expressionValue';
import { checkNodeCondition, checkRuntime } from './conditions';
import { Faults, PipelineError } from './faults';
import { limits } from './limits';
import { inDependencyOrder, type JobPlan, type PipelinePlan, type StagePlan, type VariableDefinition } from './plan';
import { readJob } from './readJob';
import type { StepsContext } from './readSteps';
import { checked, conditionOf, Section } from './section';
import type { CatalogTask } from './taskCatalog';
import { TemplateFiles } from './templateFiles';
import type { VariableGroups } from './variableGroups';
import { VariableNames } from './variableNames';
import { mapNode, textNode } from './yamlNode';
import { messageOf } from '../../messageOf';

export interface ReadPipelineOptions {
  tasks: CatalogTask[];
  /** Variables and parameters given for this run; they win over the file's. */
  set: Record<string, string>;
  /** Names of tasks to leave out. */
  skipTasks?: string[];
  /** Predefined variables that `${{ variables['...'] }}` knows. */
  predefined: Record<string, string>;
  groups?: VariableGroups;
  startTime?: Date;
}

const withoutEffect = ['trigger', 'pr', 'schedules', 'pool', 'lockBehavior', 'appendCommitMessageToRunName'];
const ofOneJob = ['strategy', 'workspace', 'continueOnError', 'container', 'services'];
const oldForms = Object.fromEntries(['phases', 'queue', 'server'].map((key) => [key, limits.phases.text]));

/** Reads a pipeline and its templates into what is to be run. Throws an error that names every fault with its place. */
export function readPipeline(file: string, options: ReadPipelineOptions): PipelinePlan {
  const warnings: string[] = [];
  const faults = new Faults();
  const names = new VariableNames(options.set, options.groups, warnings);
  const files = new TemplateFiles(file, () => repositoryRoot(file));
  const pipeline = { startTime: new Moment(options.startTime ?? new Date()) };
  const { tasks, skipTasks = [], predefined } = options;
  const expander = new PipelineExpander(files, faults, names, predefined, pipeline);
  const steps: StepsContext = { tasks, skipTasks, variables: predefined, warnings, faults };
  const plan = faults.attempt(() => {
    const root = expander.pipeline();
    faults.startReading();
    return new PipelineReader(root, { ...steps, variables: { ...predefined, ...names.given } }).read();
  });
  faults.throwIfAny();
  const unknown = names.unknown();
  if (unknown !== undefined) throw new Error(`${path.basename(file)}: ${unknown}`);
  return { name: path.parse(file).name, ...plan!, given: names.given, warnings };
}

class PipelineReader {
  readonly #root: Section;

  constructor(
    root: ReturnType<PipelineExpander['pipeline']>,
    readonly context: StepsContext,
  ) {
    this.#root = new Section('', root);
  }

  read(): Pick<PipelinePlan, 'runName' | 'variables' | 'stages'> {
    const variables = mergeVariables([], this.#root, this.context.faults);
    return { runName: this.#root.text('name') || undefined, variables, stages: this.#stages(variables) };
  }

  #stages(variables: VariableDefinition[]): StagePlan[] {
    const { faults } = this.context;
    const root = this.#root;
    const bodies = ['stages', 'jobs', 'steps'].filter((key) => root.has(key));
    const known = [...withoutEffect, 'name', 'resources', 'variables', 'stages', 'jobs', 'steps'];
    faults.attempt(() => root.allow([...known, ...(root.has('steps') ? ofOneJob : [])], oldForms));
    this.#sayWhatIsNotRead();
    if (bodies.length !== 1 && !faults.any) {
      throw root.error("exactly one of 'stages', 'jobs' and 'steps' is expected.");
    }
    const stages: StagePlan[] = [];
    const names: string[] = [];
    for (const [index, node] of this.#stageNodes().entries()) {
      faults.attempt(() => {
        const label = node.entries.find(({ key }) => key === 'stage')?.value;
        const name = label?.kind === 'text' && label.text !== '' ? label.text : String(index + 1);
        const section = new Section(root.has('stages') ? `stage ${name}` : '', node);
        stages.push(this.#stage(section, names.slice(-1), variables));
        names.push(name);
      });
    }
    // A stage that could not be read would be missed by those that wait for it.
    if (faults.any) return stages;
    return faults.attempt(() => this.#ordered(root, stages, 'stage')) ?? [];
  }

  /** Azure Pipelines puts bare jobs and steps into a stage and a job that it calls so. */
  #stageNodes() {
    const root = this.#root;
    const { place } = root.node;
    if (root.has('stages')) return root.list('stages').map((node) => new Section('stages', node).node);
    const own = Object.fromEntries(['steps', ...ofOneJob, 'pool'].map((key) => [key, root.get(key)]));
    const job = mapNode(place, { job: textNode('Job', place), ...own });
    const jobs = root.get('jobs') ?? { kind: 'list', items: root.has('steps') ? [job] : [], place };
    return [mapNode(place, { stage: textNode('__default', place), displayName: textNode('Build', place), jobs })];
  }

  #sayWhatIsNotRead(): void {
    const { warnings, faults } = this.context;
    const root = this.#root;
    faults.attempt(() => {
      const resources = root.section('resources');
      resources.allow(['builds', 'containers', 'packages', 'pipelines', 'repositories', 'webhooks']);
      for (const key of resources.keys) warnings.push(`${resources.place}: resources.${key} ${limits.resources.text}`);
    });
  }

  #stage(stage: Section, before: string[], outer: VariableDefinition[]): StagePlan {
    const known = ['stage', 'displayName', 'dependsOn', 'condition', 'variables', 'jobs', 'pool', 'lockBehavior'];
    stage.allow([...known, 'trigger', 'isSkippable', 'templateContext', 'checks', 'group'], oldForms);
    const { faults, warnings } = this.context;
    const variables = mergeVariables(outer, stage, faults);
    const name = stage.identifier('stage');
    const isManual = stage.get('trigger')?.kind === 'text' && stage.text('trigger')!.toLowerCase() === 'manual';
    if (isManual) warnings.push(`${stage.place}: it ${limits.manual.text}`);
    const jobs: JobPlan[] = [];
    for (const [index, node] of stage.list('jobs').entries()) {
      faults.attempt(() => {
        const fields = new Section('jobs', node);
        const label = fields.get('job') ?? fields.get('deployment');
        const jobName = label?.kind === 'text' && label.text !== '' ? label.text : String(index + 1);
        const job = new Section([stage.trail, `job ${jobName}`].filter(Boolean).join(', '), node);
        jobs.push(readJob(job, mergeVariables(variables, job, faults), this.context));
      });
    }
    if (stage.list('jobs').length === 0) throw stage.error('it has no jobs.');
    return {
      name,
      displayName: stage.text('displayName') || name,
      // A stage waits for the one before it unless it says otherwise; a job waits for none.
      dependsOn: stage.texts('dependsOn') ?? before,
      condition: conditionOf(stage, checkNodeCondition),
      isManual,
      variables,
      jobs: faults.any ? jobs : (faults.attempt(() => this.#ordered(stage, jobs, 'job')) ?? []),
    };
  }

  #ordered<T extends { name: string; dependsOn: string[] }>(place: Section, nodes: T[], what: string): T[] {
    const called = (name: string): string =>
      nodes.find((node) => node.name.toLowerCase() === name.toLowerCase())?.name ?? name;
    for (const node of nodes) node.dependsOn = node.dependsOn.map(called);
    try {
      return inDependencyOrder(unique(nodes, what), what);
    } catch (error) {
      throw error instanceof PipelineError ? error : place.error(messageOf(error), `${what}s`);
    }
  }
}

/** The level's own variables over the outer ones. */
function mergeVariables(outer: VariableDefinition[], level: Section, faults: Faults): VariableDefinition[] {
  const variables = [...outer];
  for (const node of level.list('variables')) {
    const item = new Section('variables', node);
    const name = item.text('name')!;
    const definition: VariableDefinition = {
      name,
      value: item.text('value') ?? '',
      readOnly: item.boolean('readonly', false),
      ...(item.has('secret') && { secret: true }),
    };
    faults.attempt(() => checked(item, 'value', () => checkRuntime(definition.value)));
    const index = variables.findIndex((variable) => variable.name.toLowerCase() === name.toLowerCase());
    variables.splice(index < 0 ? variables.length : index, index < 0 ? 0 : 1, definition);
  }
  return variables;
}

function unique<T extends { name: string }>(nodes: T[], what: string): T[] {
  const names = nodes.map(({ name }) => name.toLowerCase());
  const twice = nodes.find(({ name }, index) => names.indexOf(name.toLowerCase()) !== index);
  if (twice) throw new Error(`Two ${what}s have the name ${twice.name}.`);
  return nodes;
}
