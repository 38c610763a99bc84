import { query } from 'jsonpath-rfc9535';
import { evaluate, isTrue, textOf, type Value } from '../pipeline/expression';
import { fixed } from '../pipeline/expressionFunctions';

/**
 * Whether an answer meets the expression of a server task, a gate or a check: that of conditions, with `root` (the body) and
 * the functions `jsonpath` and `count` besides. Throws on an expression that cannot be read.
 */
export function meetsCriteria(expression: string, body: unknown): boolean {
  const functions = {
    jsonpath: fixed(1, (path) => query(body as never, rooted(textOf(path)))),
    count: fixed(1, (list) => (list !== null && typeof list === 'object' ? Object.keys(list).length : 0)),
  };
  return isTrue(evaluate(expression, { values: { root: body as Value }, functions }));
}

/** The server's paths may leave out the root: `value[*].name`. */
const rooted = (path: string): string => (path.startsWith('$') ? path : `$.${path}`);
