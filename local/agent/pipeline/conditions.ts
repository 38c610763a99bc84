import type { TaskResult } from '../taskResult';
import { evaluate, isTrue, readExpression, textOf, type Scope, type Value } from './expression';
import { fixed, type ExpressionFunction } from './expressionFunctions';
import { castToNumber, Moment } from './expressionValue';

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
  return isTrue(evaluate(condition ?? 'succeeded()', stepScope(jobResult, variables)));
}

function stepScope(jobResult: TaskResult, variables: Record<string, Value>): Scope {
  const functions = {
    always: fixed(0, () => true),
    canceled: fixed(0, () => jobResult === 'canceled'),
    failed: fixed(0, () => jobResult === 'failed'),
    succeeded: fixed(0, () => good.includes(jobResult)),
    succeededOrFailed: fixed(0, () => jobResult !== 'canceled'),
  };
  return { values: { variables }, functions };
}

export interface NodeContext {
  /** All nodes of the same kind that have ended. */
  finished: FinishedNode[];
  /** The names that this node waits for. */
  dependsOn: string[];
  canceled: boolean;
  variables: Record<string, Value>;
  /** The stages that this stage, or the stage of this job, waits for, with their jobs. */
  stageDependencies: Record<string, Value>;
  /** Of the run. */
  startTime: Date;
}

/** Whether a stage or job is to run, by the results of all that it waits for, directly or not. */
export function nodeRuns(condition: string | undefined, context: NodeContext): boolean {
  return isTrue(evaluate(condition ?? 'succeeded()', nodeScope(context)));
}

/** Puts the values of `$[ ]` into a variable of a stage or job, when it starts; only there may `counter` be used. */
export function expandRuntime(
  value: string,
  context: NodeContext,
  counter: (prefix: string, seed: number) => number,
): string {
  if (!runtimeExpression.test(value)) return value;
  const count: ExpressionFunction = {
    least: 0,
    most: 2,
    run: ([prefix, seed]) => counter(prefix ? textOf(prefix()) : '', seed ? wholeNumber(seed()) : 0),
  };
  return textOf(evaluateRuntime(value, context, { counter: count }));
}

const runtimeExpression = /^\s*\$\[([\s\S]*)\]\s*$/;

/** The value of a text that is a `$[ ]`. */
export function evaluateRuntime(
  text: string,
  context: NodeContext,
  more: Record<string, ExpressionFunction> = {},
): Value {
  const inner = runtimeExpression.exec(text)?.[1];
  if (inner === undefined) throw new Error(`Not an expression $[ ]: ${text}`);
  const { values, functions } = nodeScope(context);
  return evaluate(inner, { values, functions: { ...functions, ...more } });
}

function wholeNumber(value: Value): number {
  const number = castToNumber(value);
  if (!Number.isInteger(number)) throw new Error(`counter needs a whole number as its seed, not '${textOf(value)}'.`);
  return number!;
}

function nodeScope(context: NodeContext): Scope {
  const { canceled, finished, dependsOn } = context;
  const ancestors = ancestorsOf(context);
  const chosen = (args: Array<() => Value>): FinishedNode[] =>
    args.length === 0 ? ancestors : args.map((name) => named(finished, textOf(name())));
  const judged = (judge: (nodes: FinishedNode[]) => boolean): ExpressionFunction => ({
    least: 0,
    most: Infinity,
    run: (args) => judge(chosen(args)),
  });
  const dependencies = dependsOn.map((name) => named(finished, name));
  return {
    values: {
      variables: context.variables,
      dependencies: Object.fromEntries(dependencies.map((node) => [node.name, dependencyValue(node)])),
      stageDependencies: context.stageDependencies,
      pipeline: { startTime: new Moment(context.startTime) },
    },
    functions: {
      always: fixed(0, () => true),
      canceled: fixed(0, () => canceled),
      failed: judged((nodes) => nodes.some(({ result }) => result === 'failed')),
      succeeded: judged((nodes) => !canceled && nodes.every(({ result }) => good.includes(result))),
      succeededOrFailed: judged(
        (nodes) => !canceled && nodes.every(({ result }) => good.includes(result) || result === 'failed'),
      ),
    },
  };
}

/** What has no result has not succeeded: without it nothing may be decided. */
function named(finished: FinishedNode[], name: string): FinishedNode {
  const node = finished.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (!node) throw new Error(`'${name}' has not run before this and has no result.`);
  return node;
}

export function dependencyValue(node: { result: TaskResult; outputs: Record<string, string> }): Value {
  return { result: node.result[0]!.toUpperCase() + node.result.slice(1), outputs: node.outputs };
}

/** All that a node waits for, directly or not. */
function ancestorsOf({ finished, dependsOn }: NodeContext): FinishedNode[] {
  const found = new Set<FinishedNode>();
  const visit = (names: string[]): void => {
    for (const node of names.map((name) => named(finished, name))) {
      if (found.has(node)) continue;
      found.add(node);
      visit(node.dependsOn);
    }
  };
  visit(dependsOn);
  return [...found];
}

const unknown: NodeContext = {
  ...{ finished: [], dependsOn: [], canceled: false, variables: {}, stageDependencies: {} },
  startTime: new Date(0),
};

/** Throws if the condition of a stage or job could not be evaluated, whatever its names stood for. */
export function checkNodeCondition(condition: string): void {
  readExpression(condition, nodeScope(unknown));
}

export function checkStepCondition(condition: string): void {
  readExpression(condition, stepScope('succeeded', {}));
}

/** Throws if the text is a `$[ ]` that could not be evaluated. */
export function checkRuntime(text: string): void {
  const inner = runtimeExpression.exec(text)?.[1];
  if (inner === undefined) return;
  const { values, functions } = nodeScope(unknown);
  readExpression(inner, { values, functions: { ...functions, counter: { least: 0, most: 2, run: () => null } } });
}
