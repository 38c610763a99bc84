import { castToText, compare, equal, isTrue, Moment, needed, textOf, type Value } from './expressionValue';

export interface ExpressionFunction {
  /** How many arguments it takes. */
  least: number;
  most: number;
  /** The arguments are worked out when they are asked for: `and` does not look at what it need not. */
  run(args: Array<() => Value>): Value;
}

export function fixed(count: number, run: (...args: Value[]) => Value): ExpressionFunction {
  return { least: count, most: count, run: (args) => run(...args.map((arg) => arg())) };
}

function many(least: number, run: (args: Array<() => Value>) => Value, most = Infinity): ExpressionFunction {
  return { least, most, run };
}

/** Functions of every expression, by their names in lower case. Source: the documentation and the agent's own tests. */
export const expressionFunctions: Record<string, ExpressionFunction> = {
  and: many(2, (args) => args.every((arg) => isTrue(arg()))),
  or: many(2, (args) => args.some((arg) => isTrue(arg()))),
  not: fixed(1, (value) => !isTrue(value)),
  xor: fixed(2, (left, right) => isTrue(left) !== isTrue(right)),
  iif: many(3, ([condition, yes, no]) => (isTrue(condition!()) ? yes!() : no!()), 3),
  eq: fixed(2, (left, right) => equal(left, right)),
  ne: fixed(2, (left, right) => !equal(left, right)),
  gt: fixed(2, (left, right) => compare(left, right) > 0),
  ge: fixed(2, (left, right) => compare(left, right) >= 0),
  lt: fixed(2, (left, right) => compare(left, right) < 0),
  le: fixed(2, (left, right) => compare(left, right) <= 0),
  in: many(2, (args) => isIn(args)),
  notin: many(2, (args) => !isIn(args)),
  contains: fixed(2, (whole, part) => upper(whole).includes(upper(part))),
  startswith: fixed(2, (whole, part) => upper(whole).startsWith(upper(part))),
  endswith: fixed(2, (whole, part) => upper(whole).endsWith(upper(part))),
  containsvalue: fixed(2, (holder, value) => {
    if (holder === null || typeof holder !== 'object') throw new Error('containsValue needs a list or a mapping.');
    return Object.values(holder).some((item) => equal(item as Value, value));
  }),
  coalesce: many(2, (args) => {
    for (const arg of args) {
      const value = arg();
      if (value !== null && value !== '') return value;
    }
    return null;
  }),
  format: many(1, (args) => format(args.map((arg) => arg())), 255),
  join: fixed(2, (separator, list) =>
    Array.isArray(list) ? list.map((item) => castToText(item) ?? '').join(text(separator)) : text(list),
  ),
  split: fixed(2, (whole, separators) => split(text(whole), text(separators))),
  length: fixed(1, (value) =>
    value !== null && typeof value === 'object' && castToText(value) === undefined
      ? Object.keys(value).length
      : text(value).length,
  ),
  lower: fixed(1, (value) => text(value).toLowerCase()),
  upper: fixed(1, (value) => text(value).toUpperCase()),
  trim: fixed(1, (value) => text(value).trim()),
  replace: fixed(3, (whole, from, to) => text(whole).replaceAll(text(from), () => text(to))),
  converttojson: fixed(1, (value) => JSON.stringify(value, null, 2)),
};

function text(value: Value): string {
  return needed(castToText(value), value, 'text');
}

/** Compared as .NET does without case. */
function upper(value: Value): string {
  return text(value).toUpperCase();
}

function isIn([value, ...others]: Array<() => Value>): boolean {
  const wanted = value!();
  return others.some((other) => equal(wanted, other()));
}

/** Each character of `separators` separates. */
function split(whole: string, separators: string): string[] {
  if (separators === '') return [whole];
  return whole.split(new RegExp(`[${separators.replace(/[\]\\^-]/g, '\\$&')}]`));
}

function format([pattern, ...args]: Value[]): string {
  return text(pattern!).replace(/\{\{|\}\}|\{(\d+)(?::([^{}]*))?\}/g, (match, index?: string, specifier?: string) => {
    if (index === undefined) return match[0]!;
    if (Number(index) >= args.length) throw new Error(`format has no argument ${match}.`);
    const value = args[Number(index)]!;
    return specifier && value instanceof Moment ? value.format(specifier) : textOf(value);
  });
}
