import path from 'node:path';
import { runScript } from '../inBox/script';
import { StepInputs } from '../inBox/stepInputs';
import type { StepAction } from '../pipeline/plan';
import type { StepContext } from '../stepContext';
import { inheritedEnvironment, prependToPath, variableEnvironment } from '../taskEnvironment';
import { expandInput, resolveInputs } from '../taskInputs';
import { downloadArtifacts, publishArtifact } from './artifactSteps';
import type { ArtifactStore } from './artifactStore';
import { checkOutSources } from './checkoutStep';

export interface BuiltInStepOptions {
  repository: string;
  artifacts: ArtifactStore;
  /** The step's `env:`. */
  env: Record<string, string>;
  /** What the agent's own process has in its environment besides. */
  environment: Record<string, string>;
}

type BuiltInAction = Exclude<StepAction, { kind: 'task' }>;

/** Does what a step that is not a task of this project does; throws when it cannot. */
export async function runBuiltIn(
  context: StepContext,
  action: BuiltInAction,
  options: BuiltInStepOptions,
  signal: AbortSignal,
): Promise<void> {
  switch (action.kind) {
    case 'inBox':
      return runInBoxTask(context, action, options, signal);
    case 'missing':
      throw new Error(action.message);
    case 'script':
      return runScriptStep(context, action, options, signal);
    case 'checkout':
      return checkOutSources(context, options.repository, action);
    case 'publish':
      return publish(context, action, options);
    case 'download':
      return download(context, action, options);
  }
}

async function runInBoxTask(
  context: StepContext,
  { inBox, inputs }: Extract<BuiltInAction, { kind: 'inBox' }>,
  options: BuiltInStepOptions,
  signal: AbortSignal,
): Promise<void> {
  const { variables, endpoints } = context.options;
  const { definition } = inBox;
  const folder = variables.get('System.DefaultWorkingDirectory')!;
  const resolved = resolveInputs(definition, inputs, { variables, endpoints, rootFolder: folder });
  await inBox.run({
    context,
    inputs: new StepInputs(definition, resolved),
    environment: stepEnvironment(context, options),
    folder,
    artifacts: options.artifacts,
    signal,
  });
}

async function runScriptStep(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'script' }>,
  options: BuiltInStepOptions,
  signal: AbortSignal,
): Promise<void> {
  const { variables } = context.options;
  const root = variables.get('System.DefaultWorkingDirectory')!;
  await runScript(
    { context, environment: stepEnvironment(context, options), signal },
    {
      shell: action.shell,
      text: expandInput(action.text, variables),
      workingDirectory: path.resolve(root, expandInput(action.workingDirectory ?? '', variables)),
      failOnStderr: action.failOnStderr,
    },
  );
}

/** Secrets reach a script only through its own `env:`. */
function stepEnvironment(context: StepContext, options: BuiltInStepOptions): Record<string, string> {
  const { variables, prependPath } = context.options;
  const environment: Record<string, string> = {
    ...inheritedEnvironment(),
    ...options.environment,
    ...variableEnvironment(variables, { secrets: false }),
  };
  for (const [name, value] of Object.entries(options.env)) environment[name] = variables.expand(value.trim());
  prependToPath(environment, prependPath);
  return environment;
}

function publish(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'publish' }>,
  { artifacts }: BuiltInStepOptions,
): void {
  const { variables } = context.options;
  const artifact = variables.expand(action.artifact);
  const source = path.resolve(variables.get('System.DefaultWorkingDirectory')!, variables.expand(action.path));
  publishArtifact(context, artifacts, { artifact, source, shared: false });
}

function download(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'download' }>,
  { artifacts }: BuiltInStepOptions,
): void {
  const { variables, hostType } = context.options;
  // Where a release puts the artifacts of its build, under the build's alias.
  const preset = hostType === 'build' ? '$(Pipeline.Workspace)' : '$(System.ArtifactsDirectory)/_build';
  const root = path.resolve(variables.get('System.DefaultWorkingDirectory')!, variables.expand(action.path ?? preset));
  // A path that the step gives is where the one artifact goes itself.
  const isDirect = action.artifact !== undefined && action.path !== undefined;
  downloadArtifacts(context, artifacts, {
    artifact: action.artifact === undefined ? undefined : variables.expand(action.artifact),
    targetOf: (name) => (isDirect ? root : path.join(root, name)),
    patterns: action.patterns.map((pattern) => variables.expand(pattern)),
  });
}
