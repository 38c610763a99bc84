import type { TaskResult } from '../taskResult';
import { evaluate, isTrue, textOf, type Scope, type Value } from './expression';

/** A stage or job that has ended, as those see it that wait for it. */
export interface FinishedNode {
  name: string;
  result: TaskResult;
  dependsOn: string[];
  /** `step.variable` of a job; `job.step.variable` of a stage. */
  outputs: Record<string, string>;
}

const good: TaskResult[] = ['succeeded', 'succeededWithIssues'];

/** Whether a step is to run, by the result of its job so far; without a condition: only if nothing has failed. */
export function stepRuns(
  condition: string | undefined,
  jobResult: TaskResult,
  variables: Record<string, Value>,
): boolean {
  const functions = {
    always: () => true,
    canceled: () => jobResult === 'canceled',
    failed: () => jobResult === 'failed',
    succeeded: () => good.includes(jobResult),
    succeededOrFailed: () => jobResult !== 'canceled',
  };
  return isTrue(evaluate(condition ?? 'succeeded()', { values: { variables }, functions }));
}

export interface NodeContext {
  /** All nodes of the same kind that have ended. */
  finished: FinishedNode[];
  /** The names that this node waits for. */
  dependsOn: string[];
  canceled: boolean;
  variables: Record<string, Value>;
  /** Of a job: the stages that its stage waits for, with their jobs. */
  stageDependencies?: Record<string, Value>;
}

/** Whether a stage or job is to run, by the results of all that it waits for, directly or not. */
export function nodeRuns(condition: string | undefined, context: NodeContext): boolean {
  return isTrue(evaluate(condition ?? 'succeeded()', nodeScope(context)));
}

/** Puts the values of `$[ ]` into a variable of a stage or job, when it starts. */
export function expandRuntime(value: string, context: NodeContext): string {
  const whole = /^\s*\$\[([\s\S]*)\]\s*$/.exec(value);
  return whole ? textOf(evaluate(whole[1]!, nodeScope(context))) : value;
}

function nodeScope(context: NodeContext): Scope {
  const ancestors = ancestorsOf(context);
  const chosen = (names: Value[]): FinishedNode[] =>
    names.length === 0 ? ancestors : context.finished.filter(({ name }) => names.includes(name));
  const dependencies = context.finished.filter(({ name }) => context.dependsOn.includes(name));
  return {
    values: {
      variables: context.variables,
      dependencies: Object.fromEntries(dependencies.map((node) => [node.name, dependencyValue(node)])),
      ...(context.stageDependencies && { stageDependencies: context.stageDependencies }),
    },
    functions: {
      always: () => true,
      canceled: () => context.canceled,
      failed: (names) => chosen(names).some(({ result }) => result === 'failed'),
      succeeded: (names) => !context.canceled && chosen(names).every(({ result }) => good.includes(result)),
      succeededOrFailed: (names) =>
        !context.canceled && chosen(names).every(({ result }) => good.includes(result) || result === 'failed'),
    },
  };
}

export function dependencyValue(node: { result: TaskResult; outputs: Record<string, string> }): Value {
  return { result: node.result[0]!.toUpperCase() + node.result.slice(1), outputs: node.outputs };
}

function ancestorsOf({ finished, dependsOn }: NodeContext): FinishedNode[] {
  const found = new Set<FinishedNode>();
  const visit = (names: string[]): void => {
    for (const node of finished.filter(({ name }) => names.includes(name))) {
      if (found.has(node)) continue;
      found.add(node);
      visit(node.dependsOn);
    }
  };
  visit(dependsOn);
  return [...found];
}
