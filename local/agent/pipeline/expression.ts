import { findIgnoringCase } from '../ignoringCase';
import { expressionFunctions, type ExpressionFunction } from './expressionFunctions';
import { parseExpression, type ExpressionNode } from './expressionParser';
import { allOf, lookUp, type Value } from './expressionValue';
import { messageOf } from '../../messageOf';

export { isTrue, textOf, type Value } from './expressionValue';

/** What an expression may name, without case: `variables`, `parameters`, ..., and functions like `succeeded`. */
export interface Scope {
  values: Record<string, Value>;
  functions?: Record<string, ExpressionFunction>;
}

/**
 * Evaluates an expression as Azure Pipelines does. Throws on one that cannot be read, on names that are not known, and
 * where a value cannot be compared.
 */
export function evaluate(expression: string, scope: Scope): Value {
  const tree = readExpression(expression, scope);
  try {
    return valueOf(tree, scope);
  } catch (error) {
    throw new Error(`${messageOf(error)} In the expression: ${expression.trim()}`, { cause: error });
  }
}

/** Throws if the expression could not be evaluated whatever its names stood for. */
export function readExpression(expression: string, scope: Scope): ExpressionNode {
  return parseExpression(expression, {
    hasValue: (name) => findIgnoringCase(scope.values, name) !== undefined,
    argumentsOf: (name) => functionOf(scope, name),
  });
}

function valueOf(node: ExpressionNode, scope: Scope): Value {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return findIgnoringCase(scope.values, node.name)!;
    case 'index':
      return lookUp(valueOf(node.target, scope), valueOf(node.key, scope));
    case 'all':
      return allOf(valueOf(node.target, scope));
    case 'call':
      return functionOf(scope, node.name)!.run(node.args.map((arg) => () => valueOf(arg, scope)));
  }
}

function functionOf(scope: Scope, name: string): ExpressionFunction | undefined {
  return findIgnoringCase(scope.functions ?? {}, name) ?? findIgnoringCase(expressionFunctions, name);
}
