import { nearestName } from './nearestName';
import type { InBoxTask } from '../inBox/inBoxTask';
import type { TaskDefinition } from '../taskDefinition';

/** A variable of a pipeline file; `$[ ]` in its value is worked out when the job starts. */
export interface VariableDefinition {
  name: string;
  value: string;
  readOnly: boolean;
  /** Of a variable group's secret. */
  secret?: boolean;
}

export interface PipelinePlan {
  name: string;
  /** How its runs are numbered; the date and the count, unless it is given. */
  runName: string | undefined;
  /** Of the root. */
  variables: VariableDefinition[];
  stages: StagePlan[];
  /** Variables given for this run (--set), whether the file names them or not; parameters are not among them. */
  given: Record<string, string>;
  /** What the file says and this agent leaves out, or what looks like a slip. */
  warnings: string[];
}

export interface StagePlan {
  name: string;
  displayName: string;
  dependsOn: string[];
  condition: string | undefined;
  /** Waits to be started by hand. */
  isManual: boolean;
  /** Root and stage variables, those set from outside already put in. */
  variables: VariableDefinition[];
  jobs: JobPlan[];
}

export interface JobPlan {
  name: string;
  displayName: string;
  /** Of a deployment job: the environment that it deploys to. */
  environment: string | undefined;
  deployment: boolean;
  dependsOn: string[];
  condition: string | undefined;
  continueOnError: boolean;
  timeoutInMinutes: number | undefined;
  variables: VariableDefinition[];
  /** Of a strategy: the jobs that this one stands for, or an expression that gives them when it starts. */
  legs?: LegPlan[] | string;
  steps: StepPlan[];
}

/** One job of a matrix, or one slice of a parallel job. */
export interface LegPlan {
  name: string;
  variables: Record<string, string>;
}

export interface StepPlan {
  /** Its `name`, by which others read its output variables. */
  name: string;
  displayName: string;
  condition: string | undefined;
  continueOnError: boolean;
  timeoutInMinutes: number | undefined;
  retryCountOnTaskFailure: number;
  env: Record<string, string>;
  action: StepAction;
}

/** What a step does. Texts may hold `$(variable)`. */
export type StepAction =
  | { kind: 'task'; folder: string; task: TaskDefinition; inputs: Record<string, string> }
  | { kind: 'inBox'; task: TaskDefinition; inBox: InBoxTask; inputs: Record<string, string> }
  /** A task that is not here, in a step whose condition is not expected to hold; it fails if it does. */
  | { kind: 'missing'; reference: string; message: string }
  | { kind: 'script'; shell: 'bash' | 'pwsh'; text: string; workingDirectory?: string; failOnStderr: boolean }
  | ({ kind: 'checkout' } & CheckoutOptions)
  | { kind: 'publish'; path: string; artifact: string }
  /** Without an artifact: all of them, each into a folder of its own name. */
  | { kind: 'download'; artifact?: string; patterns: string[]; path?: string };

export interface CheckoutOptions {
  /** Of the sources, beneath the pipeline's workspace; unless it is given `s`, or of several `s/<repository>`. */
  path?: string;
  /** How many commits of the history; all, unless it is given. */
  fetchDepth?: number;
  fetchTags: boolean;
  submodules: 'none' | 'direct' | 'recursive';
  /** With several checkouts in a job each has a folder of its own, and steps start above them. */
  isOneOfSeveral?: boolean;
}

/** The nodes before each node; `dependsOn` names must be known. Order is that of the file, dependencies first. */
export function inDependencyOrder<T extends { name: string; dependsOn: string[] }>(nodes: T[], what: string): T[] {
  const done: T[] = [];
  const visit = (node: T, path: string[]): void => {
    if (done.includes(node)) return;
    if (path.includes(node.name)) {
      throw new Error(`These ${what}s wait for each other: ${[...path, node.name].join(' -> ')}.`);
    }
    for (const name of node.dependsOn) {
      const other = nodes.find((candidate) => candidate.name === name);
      if (!other) {
        const near = nearestName(name, nodes.map((each) => each.name)); // prettier-ignore
        const hint = near && near !== node.name ? ` Did you mean ${near}?` : '';
        throw new Error(`${what} ${node.name} depends on ${what} ${name}, which does not exist.${hint}`);
      }
      visit(other, [...path, node.name]);
    }
    done.push(node);
  };
  for (const node of nodes) visit(node, []);
  return done;
}
