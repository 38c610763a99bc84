import { checkNodeCondition, checkRuntime } from './conditions';
import { limits } from './limits';
import { serverRequest } from '../server/serverTask';
import type { JobPlan, LegPlan, StepPlan, VariableDefinition } from './plan';
import { readSteps, type JobSteps, type StepsContext } from './readSteps';
import { checked, conditionOf, Section } from './section';
import { mapNode, textNode, type YamlNode } from './yamlNode';

const common = [
  'displayName',
  'dependsOn',
  'condition',
  'continueOnError',
  'timeoutInMinutes',
  'cancelTimeoutInMinutes',
  'variables',
  'pool',
  'workspace',
  'strategy',
  'uses',
  'templateContext',
];

const ofDeployment = {
  steps: "the steps of a deployment job stand beneath 'strategy: runOnce: deploy: steps'.",
};

const refused = { container: limits.container.text, services: limits.services.text };

export function readJob(job: Section, variables: VariableDefinition[], context: StepsContext): JobPlan {
  const kind = job.has('deployment') ? 'deployment' : 'job';
  if (kind === 'deployment') job.allow([...common, 'deployment', 'environment'], { ...refused, ...ofDeployment });
  else job.allow([...common, 'job', 'steps'], refused);
  const name = job.identifier(kind);
  const steps = readSteps(kind === 'deployment' ? deploymentSteps(job) : jobSteps(job), job.trail, {
    ...context,
    variables: { ...Object.fromEntries(variables.map(({ name: key, value }) => [key, value])), ...context.variables },
  });
  checkPlaces(job, steps);
  return {
    name,
    displayName: job.text('displayName') || name,
    deployment: kind === 'deployment',
    environment: kind === 'deployment' ? environmentOf(job) : undefined,
    dependsOn: job.texts('dependsOn') ?? [],
    condition: conditionOf(job, checkNodeCondition),
    continueOnError: job.boolean('continueOnError', false),
    timeoutInMinutes: job.number('timeoutInMinutes') || undefined,
    variables,
    ...(kind === 'job' && job.has('strategy') && { legs: legsOf(job.section('strategy')) }),
    steps,
  };
}

/** A job of the server has only tasks that the server runs, and a job of an agent has none of them. */
function checkPlaces(job: Section, steps: StepPlan[]): void {
  for (const { action, displayName } of steps) {
    if (action.kind === 'missing') continue;
    const ofServer = action.kind === 'task' && serverRequest(action.task) !== undefined;
    if (ofServer === isServer(job)) continue;
    throw job.error(
      ofServer
        ? `the task ${action.task.name} runs without an agent, in a job of its own with 'pool: server'.`
        : `'${displayName}' needs an agent, which a job with 'pool: server' does not have.`,
    );
  }
}

const isServer = (job: Section): boolean => job.get('pool')?.kind === 'text' && job.text('pool') === 'server';

function environmentOf(job: Section): string {
  const node = job.get('environment');
  const name = node?.kind === 'map' ? job.section('environment').text('name') : job.text('environment');
  if (!name) throw job.error("a deployment job needs an 'environment'.");
  return name;
}

/** The jobs that a matrix makes of one, or as many slices of it as `parallel` says; an expression tells it at run time. */
function legsOf(strategy: Section): LegPlan[] | string {
  strategy.allow(['matrix', 'parallel', 'maxParallel']);
  if (strategy.has('matrix') === strategy.has('parallel')) {
    throw strategy.error("one of 'matrix' and 'parallel' is expected.");
  }
  const expression = /^\s*\$\[/;
  const written = strategy.get('matrix');
  if (written?.kind === 'text' && expression.test(written.text)) {
    checked(strategy, 'matrix', () => checkRuntime(written.text));
    return written.text;
  }
  if (strategy.has('parallel')) return slices(strategy.number('parallel')!, strategy);
  const matrix = strategy.section('matrix');
  if (matrix.keys.length === 0) throw matrix.error('the matrix has no jobs.');
  return matrix.keys.map((name) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw matrix.error(`'${name}' must have letters, digits and _ only, as the name of a job.`, name);
    }
    return { name, variables: matrix.map(name) };
  });
}

function slices(count: number, strategy: Section): LegPlan[] {
  if (!Number.isInteger(count) || count < 1 || count > 99) {
    throw strategy.error(`'parallel' must be a whole number from 1 to 99, and is ${count}.`, 'parallel');
  }
  return Array.from({ length: count }, (_, index) => ({ name: `job${index + 1}`, variables: {} }));
}

/** A job checks out its repository unless it says how, or that it will not. */
function jobSteps(job: Section): JobSteps {
  const written = job.list('steps');
  const place = job.get('steps')?.place ?? job.node.place;
  const checkout = mapNode(place, { checkout: textNode('self', place) });
  return { implied: isServer(job) || mentions(written, 'checkout') ? [] : [checkout], written };
}

/** The hooks of runOnce in their order; a deployment job downloads the artifacts unless it says how, or that it will not. */
function deploymentSteps(job: Section): JobSteps {
  const strategy = job.section('strategy');
  strategy.allow(['runOnce'], { rolling: limits.rolling.text, canary: limits.canary.text });
  const runOnce = strategy.section('runOnce');
  runOnce.allow(['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic', 'on']);
  const stepsOf = (section: Section, hook: string): YamlNode[] =>
    section.has(hook) ? section.section(hook).list('steps') : [];
  const main = ['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic'].flatMap((hook) => stepsOf(runOnce, hook));
  const on = runOnce.section('on');
  on.allow(['failure', 'success']);
  const after = (hook: string, condition: string): YamlNode[] =>
    stepsOf(on, hook).map((step) => {
      const section = new Section(`${on.trail}, ${hook}`, step);
      const entry = { key: 'condition', value: textNode(condition, step.place), place: step.place };
      return section.has('condition') ? step : { ...section.node, entries: [...section.node.entries, entry] };
    });
  const { place } = job.node;
  const download = mapNode(place, {
    download: textNode('current', place),
    displayName: textNode('Download artifacts', place),
  });
  return {
    implied: mentions(main, 'download') ? [] : [download],
    written: [...main, ...after('failure', 'failed()'), ...after('success', 'succeeded()')],
  };
}

function mentions(steps: YamlNode[], kind: string): boolean {
  return steps.some((step) => step.kind === 'map' && step.entries.some(({ key }) => key === kind));
}
