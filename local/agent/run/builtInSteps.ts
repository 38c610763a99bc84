import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { StepAction } from '../pipeline/plan';
import type { StepContext } from '../stepContext';
import { runStepProcess } from '../stepRun';
import { expandInput } from '../taskInputs';
import { inheritedEnvironment, prependToPath, variableEnvironment } from '../taskEnvironment';
import type { ArtifactStore } from './artifactStore';
import { checkOut } from './sources';

export interface BuiltInStepOptions {
  repository: string;
  artifacts: ArtifactStore;
  /** The step's `env:`. */
  env: Record<string, string>;
  /** What the agent's own process has in its environment besides. */
  environment: Record<string, string>;
}

type BuiltInAction = Exclude<StepAction, { kind: 'task' }>;

/** Does what a step that is no task of this project does; throws when it cannot. */
export async function runBuiltIn(
  context: StepContext,
  action: BuiltInAction,
  options: BuiltInStepOptions,
  signal: AbortSignal,
): Promise<void> {
  switch (action.kind) {
    case 'script':
      return runScript(context, action, options, signal);
    case 'checkout':
      return checkOutSources(context, options);
    case 'publish':
      return publish(context, action, options);
    case 'download':
      return download(context, action, options);
  }
}

/** The shells that steps may ask for, with the arguments that Azure Pipelines gives them. */
const shells = {
  bash: { extension: 'sh', args: (file: string) => ['--noprofile', '--norc', file] },
  pwsh: { extension: 'ps1', args: (file: string) => ['-NoLogo', '-NoProfile', '-NonInteractive', '-File', file] },
};

async function runScript(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'script' }>,
  options: BuiltInStepOptions,
  signal: AbortSignal,
): Promise<void> {
  const { variables, prependPath } = context.options;
  const { extension, args } = shells[action.shell];
  const environment: Record<string, string> = { ...inheritedEnvironment(), ...options.environment };
  // Secrets reach a script only through its own `env:`.
  Object.assign(environment, variableEnvironment(variables, { secrets: false }));
  for (const [name, value] of Object.entries(options.env)) environment[name] = variables.expand(value.trim());
  prependToPath(environment, prependPath);
  const shell = findOnPath(action.shell, environment.PATH ?? '');
  if (!shell) throw new Error(`${action.shell} is not installed on this machine, and this step needs it.`);

  context.write('Generating script.');
  const temp = variables.get('Agent.TempDirectory')!;
  mkdirSync(temp, { recursive: true });
  const file = path.join(temp, `${randomUUID()}.${extension}`);
  writeFileSync(file, expandInput(action.text, variables).replaceAll('\r\n', '\n'));
  const root = variables.get('System.DefaultWorkingDirectory')!;
  const cwd = path.resolve(root, expandInput(action.workingDirectory ?? '', variables));
  if (!existsSync(cwd)) throw new Error(`The working directory does not exist: ${cwd}`);
  context.write('========================== Starting Command Output ===========================');
  context.write(`##[command]${[shell, ...args(file)].join(' ')}`);
  const code = await runStepProcess(context, { file: shell, args: args(file), cwd, env: environment }, signal);
  if (signal.aborted) return;
  if (code !== 0) throw new Error(`${action.shell} exited with code '${code ?? 'unknown'}'.`);
}

function findOnPath(name: string, folders: string): string | undefined {
  return folders
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
}

function checkOutSources(context: StepContext, { repository }: BuiltInStepOptions): void {
  const target = context.options.variables.get('Build.SourcesDirectory')!;
  const count = checkOut(repository, target);
  context.write(`Copied ${count} files of ${repository} to ${target}`);
}

function publish(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'publish' }>,
  { artifacts }: BuiltInStepOptions,
): void {
  const { variables } = context.options;
  const name = variables.expand(action.artifact);
  const source = path.resolve(variables.get('System.DefaultWorkingDirectory')!, variables.expand(action.path));
  if (!existsSync(source)) throw new Error(`The path to publish does not exist: ${source}`);
  if (action.containerArtifact) artifacts.add(name, name, source);
  else artifacts.publish(name, source);
  const files = artifacts.files(name);
  context.write(`Published ${source} as the artifact ${name}:`);
  for (const file of files) context.write(`  ${file}`);
}

function download(
  context: StepContext,
  action: Extract<BuiltInAction, { kind: 'download' }>,
  { artifacts }: BuiltInStepOptions,
): void {
  const { variables, hostType } = context.options;
  // Where a release puts the artifacts of its build, under the build's alias.
  const preset = hostType === 'build' ? '$(Pipeline.Workspace)' : '$(System.ArtifactsDirectory)/_build';
  const root = variables.expand(action.path ?? preset);
  const wanted = action.artifact === undefined ? artifacts.names : [variables.expand(action.artifact)];
  for (const name of wanted) {
    // A path that the step gives is where the one artifact goes itself.
    const direct = action.artifact !== undefined && action.path !== undefined;
    const target = path.resolve(
      variables.get('System.DefaultWorkingDirectory')!,
      direct ? root : path.join(root, name),
    );
    const count = artifacts.download(
      name,
      target,
      action.patterns.map((pattern) => variables.expand(pattern)),
    );
    context.write(`Downloaded ${count} files of the artifact ${name} to ${target}`);
  }
  if (wanted.length === 0) context.write('This run has published no artifacts.');
}
