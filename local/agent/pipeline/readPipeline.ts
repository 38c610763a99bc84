import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import type { Scope, Value } from './expression';
import { inDependencyOrder, type JobPlan, type PipelinePlan, type StagePlan, type VariableDefinition } from './plan';
import { readSteps, type JobSteps, type StepsContext } from './readSteps';
import { PipelineError, Section } from './section';
import type { CatalogTask } from './taskCatalog';
import { chooseBranches, expandTemplate } from './template';

export interface ReadPipelineOptions {
  tasks: CatalogTask[];
  /** Variables and parameters given for this run; they win over the file's. */
  set: Record<string, string>;
  /** Names of tasks to leave out. */
  skipTasks?: string[];
  /** Predefined variables that `${{ variables['...'] }}` knows. */
  predefined: Record<string, string>;
}

const unsupported = {
  extends: 'is not supported by the local agent.',
  template: 'is not supported by the local agent.',
  container: 'is not supported by the local agent: jobs run on this machine.',
  services: 'is not supported by the local agent.',
  uses: 'is not supported by the local agent.',
};

const ignoredAtRoot = ['name', 'trigger', 'pr', 'schedules', 'pool', 'resources', 'lockBehavior'];

/** Reads a pipeline file into what is to be run. Throws a PipelineError that names the place of the first fault. */
export function readPipeline(file: string, options: ReadPipelineOptions): PipelinePlan {
  return new PipelineReader(path.basename(file), options).read(readFileSync(file, 'utf8'));
}

class PipelineReader {
  readonly #warnings: string[] = [];
  readonly #problems: PipelineError[] = [];
  readonly #steps: Omit<StepsContext, 'variables'>;
  /** Every name that the file gives to a variable or parameter. */
  readonly #named = new Set<string>();

  constructor(
    readonly fileName: string,
    readonly options: ReadPipelineOptions,
  ) {
    const { tasks, skipTasks = [] } = options;
    this.#steps = { tasks, skipTasks, warnings: this.#warnings, problems: this.#problems };
  }

  read(text: string): PipelinePlan {
    // All scalars are text, as they are to Azure Pipelines: 0.10 must not become 0.1.
    const document = parseDocument(text, { schema: 'failsafe', merge: false });
    const fault = document.errors[0];
    if (fault) throw new PipelineError(this.fileName, fault.message.split('\n')[0]!);
    const root = new Section(this.fileName, document.toJS());
    root.allow([...ignoredAtRoot, 'variables', 'parameters', 'stages', 'jobs', 'steps'], unsupported);
    const bodies = ['stages', 'jobs', 'steps'].filter((key) => root.has(key));
    if (bodies.length !== 1) throw root.error("exactly one of 'stages', 'jobs' and 'steps' is expected.");

    const scope: Scope = {
      values: {
        parameters: this.#parameters(root),
        variables: { ...this.options.predefined, ...this.#givenVariables(root) },
      },
    };
    const [variables, inner] = this.#variables(root, [], scope);
    const stages = this.#stages(root, bodies[0]!, variables, inner);
    this.#checkSet();
    if (this.#problems.length > 0) throw new Error(this.#problems.map(({ message }) => message).join('\n'));
    const given = this.#givenVariables(root);
    return { name: path.parse(this.fileName).name, stages, given, warnings: this.#warnings };
  }

  #parameters(root: Section): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const [index, fields] of root.list('parameters').entries()) {
      const parameter = new Section(`${this.fileName}, parameter ${index + 1}`, fields);
      parameter.allow(['name', 'displayName', 'type', 'default', 'values']);
      const name = parameter.text('name')!;
      this.#named.add(name);
      const given = this.#given(name) ?? parameter.raw('default');
      if (given === undefined) throw parameter.error(`parameter '${name}' has no value; give one by --set ${name}=...`);
      const allowed = parameter.texts('values');
      if (allowed && !allowed.includes(String(given))) {
        throw parameter.error(`'${String(given)}' is no value of '${name}'; those are: ${allowed.join(', ')}.`);
      }
      values[name] = typed(parameter, given);
    }
    return values;
  }

  /** What is set and is not a parameter. */
  #givenVariables(root: Section): Record<string, string> {
    const parameters = root
      .list('parameters')
      .map((fields) => String((fields as { name?: string }).name).toLowerCase());
    return Object.fromEntries(
      Object.entries(this.options.set).filter(([name]) => !parameters.includes(name.toLowerCase())),
    );
  }

  #given(name: string): string | undefined {
    return Object.entries(this.options.set).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  }

  /** The section's own variables over the outer ones, and the scope in which its content is read. */
  #variables(section: Section, outer: VariableDefinition[], scope: Scope): [VariableDefinition[], Scope] {
    const variables = [...outer];
    const known = { ...(scope.values.variables as Record<string, Value>) };
    const inner: Scope = { values: { ...scope.values, variables: known } };
    const put = (name: string, value: string, readOnly: boolean): void => {
      this.#named.add(name);
      const definition = { name, value: this.#given(name) ?? value, readOnly };
      const index = variables.findIndex((variable) => variable.name.toLowerCase() === name.toLowerCase());
      variables.splice(index < 0 ? variables.length : index, index < 0 ? 0 : 1, definition);
      known[name] = definition.value;
    };
    const raw = chooseBranches(section.raw('variables') ?? {}, inner);
    if (Array.isArray(raw)) {
      for (const [index, fields] of (raw as unknown[]).entries()) {
        // Each sees those before it.
        const item = new Section(`${section.place}, variable ${index + 1}`, expandTemplate(fields, inner));
        item.allow(['name', 'value', 'readonly', 'group'], { template: unsupported.template });
        const group = item.text('group');
        if (group === undefined) put(item.text('name')!, item.text('value') ?? '', item.boolean('readonly', false));
        else this.#warnings.push(`${item.place}: the variable group '${group}' is not here; use --set and --secret.`);
      }
    } else if (raw !== '') {
      const mapping = new Section(`${section.place}, variables`, raw);
      for (const name of mapping.keys) {
        mapping.text(name);
        put(name, String(expandTemplate(mapping.raw(name), inner)), false);
      }
    }
    return [variables, inner];
  }

  #stages(root: Section, body: string, variables: VariableDefinition[], scope: Scope): StagePlan[] {
    if (body !== 'stages') {
      // Azure Pipelines puts bare jobs and steps into a stage and job that it calls so.
      const jobs = body === 'jobs' ? root.raw('jobs') : [{ job: 'Job', steps: root.raw('steps') }];
      const stage = { stage: '__default', displayName: 'Build', jobs };
      return [this.#stage(new Section(this.fileName, stage), [], variables, scope)];
    }
    const stages: StagePlan[] = [];
    for (const fields of chooseBranches(root.list('stages'), scope) as unknown[]) {
      const name = (fields as Record<string, unknown> | null)?.stage;
      const section = new Section(`${this.fileName}, stage ${String(name)}`, chooseBranches(fields, scope));
      stages.push(this.#stage(section, stages, variables, scope));
    }
    return inDependencyOrder(unique(stages, 'stage'), 'stage');
  }

  #stage(stage: Section, before: StagePlan[], outer: VariableDefinition[], outerScope: Scope): StagePlan {
    const known = ['stage', 'displayName', 'dependsOn', 'condition', 'variables', 'jobs', 'pool', 'lockBehavior'];
    stage.allow([...known, 'trigger', 'isSkippable'], unsupported);
    const [variables, scope] = this.#variables(stage, outer, outerScope);
    const own = new Section(stage.place, expandTemplate(without(stage, ['jobs', 'variables']), scope));
    const name = identifier(own, 'stage');
    const jobs: JobPlan[] = [];
    for (const [index, fields] of (chooseBranches(stage.list('jobs'), scope) as unknown[]).entries()) {
      const named = fields as Record<string, unknown> | null;
      const jobName = String(named?.job ?? named?.deployment ?? index + 1);
      const section = new Section(`${stage.place}, job ${jobName}`, chooseBranches(fields, scope));
      jobs.push(this.#job(section, variables, scope));
    }
    if (jobs.length === 0) throw stage.error('it has no jobs.');
    return {
      name,
      displayName: own.text('displayName') || name,
      // A stage waits for the one before it unless it says otherwise; a job waits for none.
      dependsOn: own.texts('dependsOn') ?? before.slice(-1).map((previous) => previous.name),
      condition: own.text('condition') || undefined,
      variables,
      jobs: inDependencyOrder(unique(jobs, 'job'), 'job'),
    };
  }

  #job(job: Section, outer: VariableDefinition[], outerScope: Scope): JobPlan {
    const common = [
      'displayName',
      'dependsOn',
      'condition',
      'continueOnError',
      'timeoutInMinutes',
      'variables',
      'pool',
    ];
    const known = [...common, 'cancelTimeoutInMinutes', 'workspace'];
    const kind = job.has('deployment') ? 'deployment' : 'job';
    const more = kind === 'deployment' ? ['deployment', 'environment', 'strategy'] : ['job', 'steps'];
    const matrix = { strategy: 'is not supported by the local agent: write the jobs out.' };
    job.allow([...known, ...more], { ...unsupported, ...(kind === 'job' && matrix) });
    const [variables, scope] = this.#variables(job, outer, outerScope);
    const own = new Section(job.place, expandTemplate(without(job, ['variables']), scope));
    const name = identifier(own, kind);
    return {
      name,
      displayName: own.text('displayName') || name,
      deployment: kind === 'deployment',
      environment: kind === 'deployment' ? environmentOf(own) : undefined,
      dependsOn: own.texts('dependsOn') ?? [],
      condition: own.text('condition') || undefined,
      continueOnError: own.boolean('continueOnError', false),
      timeoutInMinutes: own.number('timeoutInMinutes') || undefined,
      variables,
      steps: readSteps(kind === 'deployment' ? deploymentSteps(own) : jobSteps(own), own.place, {
        ...this.#steps,
        variables: scope.values.variables as Record<string, Value>,
      }),
    };
  }

  /** A slip in a name would run the whole pipeline with the old value. */
  #checkSet(): void {
    const named = [...this.#named].map((name) => name.toLowerCase());
    const unknown = Object.keys(this.options.set).filter(
      // Names with a dot, like System.Debug, are the server's or a user's own and need no definition.
      (name) => !named.includes(name.toLowerCase()) && !name.includes('.'),
    );
    if (unknown.length > 0) {
      const known = [...this.#named].sort().join(', ') || 'none';
      throw new PipelineError(
        this.fileName,
        `no variable or parameter ${unknown.join(', ')} to set. It has: ${known}.`,
      );
    }
  }
}

function typed(parameter: Section, value: unknown): Value {
  const type = parameter.text('type') ?? 'string';
  const text = String(value);
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      if (!/^(true|false)$/i.test(text)) throw parameter.error(`'${text}' is neither true nor false.`);
      return text.toLowerCase() === 'true';
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw parameter.error(`'${text}' is no number.`);
      return Number(text);
    case 'object':
      return value as Value;
    default:
      throw parameter.error(`parameters of type ${type} are not supported by the local agent.`);
  }
}

function identifier(section: Section, key: string): string {
  const name = section.text(key) ?? '';
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw section.error(`the ${key} needs a name of letters, digits and _, not '${name}'.`);
  }
  return name;
}

function environmentOf(job: Section): string {
  const value = job.raw('environment');
  if (value !== null && typeof value === 'object') return new Section(`${job.place}, environment`, value).text('name')!;
  if (!value) throw job.error("a deployment job needs an 'environment'.");
  return String(value);
}

/** A job checks out its repository unless it says how, or that it will not. */
function jobSteps(job: Section): JobSteps {
  const written = job.list('steps');
  return { implied: mentions(written, 'checkout') ? [] : [{ checkout: 'self' }], written };
}

/** The hooks of runOnce in their order; a deployment job downloads the artifacts unless it says how, or that it will not. */
function deploymentSteps(job: Section): JobSteps {
  const strategy = new Section(`${job.place}, strategy`, job.raw('strategy') ?? {});
  strategy.allow(['runOnce'], {
    rolling: 'is not supported here; use runOnce.',
    canary: 'is not supported here; use runOnce.',
  });
  const runOnce = new Section(`${job.place}, runOnce`, strategy.raw('runOnce') ?? {});
  runOnce.allow(['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic', 'on']);
  const stepsOf = (section: Section, hook: string): unknown[] =>
    section.has(hook) ? new Section(`${section.place}, ${hook}`, section.raw(hook)).list('steps') : [];
  const main = ['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic'].flatMap((hook) => stepsOf(runOnce, hook));
  const on = new Section(`${job.place}, on`, runOnce.raw('on') ?? {});
  const after = (hook: string, condition: string): unknown[] =>
    stepsOf(on, hook).map((step) => ({ condition, ...(step as object) }));
  return {
    implied: mentions(main, 'download') ? [] : [{ download: 'current', displayName: 'Download artifacts' }],
    written: [...main, ...after('failure', 'failed()'), ...after('success', 'succeeded()')],
  };
}

function mentions(steps: unknown[], kind: string): boolean {
  return steps.some((step) => step !== null && typeof step === 'object' && kind in step);
}

function without(section: Section, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(section.keys.filter((key) => !keys.includes(key)).map((key) => [key, section.raw(key)]));
}

function unique<T extends { name: string }>(nodes: T[], what: string): T[] {
  const names = nodes.map(({ name }) => name.toLowerCase());
  const twice = nodes.find(({ name }, index) => names.indexOf(name.toLowerCase()) !== index);
  if (twice) throw new Error(`Two ${what}s have the name ${twice.name}.`);
  return nodes;
}
