/** A value in an Azure Pipelines expression; objects are looked into without case. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** What an expression may name: `variables`, `parameters`, `dependencies`, ..., and functions like `succeeded`. */
export interface Scope {
  values: Record<string, Value>;
  functions?: Record<string, (args: Value[]) => Value>;
}

type Node =
  | { kind: 'literal'; value: Value }
  | { kind: 'name'; name: string }
  | { kind: 'index'; target: Node; key: Node }
  | { kind: 'call'; name: string; args: Node[] };

const token = /\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)*)|([A-Za-z_][A-Za-z0-9_-]*)|([()[\].,]))/y;

/** Evaluates an expression as Azure Pipelines does. Throws on one that cannot be read or names an unknown function. */
export function evaluate(expression: string, scope: Scope): Value {
  return new Evaluation(expression, scope).run();
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'boolean') return value;
  return value !== null;
}

/** As an expression's result goes into text. */
export function textOf(value: Value): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

class Evaluation {
  #position = 0;

  constructor(
    readonly text: string,
    readonly scope: Scope,
  ) {}

  run(): Value {
    const tree = this.#parse();
    this.#peek();
    if (this.text.slice(this.#position).trim() !== '') throw this.#unexpected();
    return this.#evaluate(tree);
  }

  #unexpected(): Error {
    const rest = this.text.slice(this.#position).trim();
    return new Error(`Unexpected ${rest === '' ? 'end' : `'${rest.slice(0, 20)}'`} in the expression: ${this.text}`);
  }

  #peek(): string | undefined {
    token.lastIndex = this.#position;
    return token.exec(this.text)?.[0].trim();
  }

  #take(): RegExpExecArray {
    token.lastIndex = this.#position;
    const match = token.exec(this.text);
    if (!match) throw this.#unexpected();
    this.#position = token.lastIndex;
    return match;
  }

  #expect(symbol: string): void {
    if (this.#peek() !== symbol) throw this.#unexpected();
    this.#take();
  }

  #parse(): Node {
    let node = this.#parsePrimary();
    for (;;) {
      const next = this.#peek();
      if (next === '.') {
        this.#take();
        const [, , , name] = this.#take();
        if (!name) throw this.#unexpected();
        node = { kind: 'index', target: node, key: { kind: 'literal', value: name } };
      } else if (next === '[') {
        this.#take();
        node = { kind: 'index', target: node, key: this.#parse() };
        this.#expect(']');
      } else {
        return node;
      }
    }
  }

  #parsePrimary(): Node {
    const [, string, number, name] = this.#take();
    if (string !== undefined) return { kind: 'literal', value: string.slice(1, -1).replaceAll("''", "'") };
    // More than one dot: a version, which compares as text does here.
    if (number !== undefined) return { kind: 'literal', value: /\..*\./.test(number) ? number : Number(number) };
    if (name === undefined) throw this.#unexpected();
    if (this.#peek() === '(') return { kind: 'call', name, args: this.#parseArguments() };
    const constants: Record<string, Value> = { true: true, false: false, null: null };
    const lower = name.toLowerCase();
    return lower in constants ? { kind: 'literal', value: constants[lower]! } : { kind: 'name', name };
  }

  #parseArguments(): Node[] {
    const args: Node[] = [];
    this.#expect('(');
    while (this.#peek() !== ')') {
      if (args.length > 0) this.#expect(',');
      args.push(this.#parse());
    }
    this.#expect(')');
    return args;
  }

  #evaluate(node: Node): Value {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'name':
        if (!(node.name in this.scope.values)) {
          throw new Error(`Unrecognized value: '${node.name}' in the expression: ${this.text}`);
        }
        return this.scope.values[node.name]!;
      case 'index':
        return lookUp(this.#evaluate(node.target), this.#evaluate(node.key));
      case 'call':
        return this.#call(node.name, node.args);
    }
  }

  #call(name: string, args: Node[]): Value {
    const lower = name.toLowerCase();
    // These do not look at what they need not.
    if (lower === 'and') return args.every((arg) => isTrue(this.#evaluate(arg)));
    if (lower === 'or') return args.some((arg) => isTrue(this.#evaluate(arg)));
    if (lower === 'iif') return this.#evaluate(args[isTrue(this.#evaluate(args[0]!)) ? 1 : 2]!);
    const own = Object.entries(this.scope.functions ?? {}).find(([key]) => key.toLowerCase() === lower)?.[1];
    const run = own ?? functions[lower];
    if (!run) throw new Error(`Unrecognized function: '${name}' in the expression: ${this.text}`);
    return run(args.map((arg) => this.#evaluate(arg)));
  }
}

function lookUp(target: Value, key: Value): Value {
  if (Array.isArray(target)) return target[Number(key)] ?? null;
  if (target === null || typeof target !== 'object') return null;
  const wanted = textOf(key).toLowerCase();
  const found = Object.keys(target).find((name) => name.toLowerCase() === wanted);
  return found === undefined ? null : target[found]!;
}

/** Functions of every expression, by their names in lower case. */
const functions: Record<string, (args: Value[]) => Value> = {
  not: ([value]) => !isTrue(value ?? null),
  eq: ([left, right]) => equal(left!, right!),
  ne: ([left, right]) => !equal(left!, right!),
  gt: ([left, right]) => compare(left!, right!) > 0,
  ge: ([left, right]) => compare(left!, right!) >= 0,
  lt: ([left, right]) => compare(left!, right!) < 0,
  le: ([left, right]) => compare(left!, right!) <= 0,
  in: ([value, ...others]) => others.some((other) => equal(value!, other)),
  notin: ([value, ...others]) => !others.some((other) => equal(value!, other)),
  xor: ([left, right]) => isTrue(left!) !== isTrue(right!),
  contains: ([text, part]) => lower(text!).includes(lower(part!)),
  startswith: ([text, part]) => lower(text!).startsWith(lower(part!)),
  endswith: ([text, part]) => lower(text!).endsWith(lower(part!)),
  containsvalue: ([list, value]) => Object.values(list as object).some((item) => equal(item as Value, value!)),
  coalesce: (values) => values.find((value) => value !== null && value !== '') ?? null,
  format: ([pattern, ...args]) =>
    textOf(pattern!).replace(/\{\{|\}\}|\{(\d+)\}/g, (match, index?: string) =>
      index === undefined ? match[0]! : textOf(args[Number(index)] ?? null),
    ),
  join: ([separator, list]) => (Array.isArray(list) ? list.map(textOf) : [textOf(list!)]).join(textOf(separator!)),
  split: ([text, separators]) =>
    textOf(text!).split(new RegExp(`[${textOf(separators!).replace(/[\]\\^-]/g, '\\$&')}]`)),
  length: ([value]) => (Array.isArray(value) ? value.length : textOf(value!).length),
  lower: ([text]) => lower(text!),
  upper: ([text]) => textOf(text!).toUpperCase(),
  trim: ([text]) => textOf(text!).trim(),
  replace: ([text, from, to]) => textOf(text!).replaceAll(textOf(from!), textOf(to!)),
  converttojson: ([value]) => JSON.stringify(value, null, 2),
};

function lower(value: Value): string {
  return textOf(value).toLowerCase();
}

/** The right side takes the left side's type; texts are compared without case. */
function equal(left: Value, right: Value): boolean {
  if (typeof left === 'boolean') return left === isTrue(right);
  if (typeof left === 'number') return left === toNumber(right);
  if (left === null || typeof left === 'object') return left === right || (left === null && right === '');
  return left.toLowerCase() === lower(right);
}

function compare(left: Value, right: Value): number {
  if (typeof left === 'number' || typeof left === 'boolean') return Number(left) - toNumber(right);
  const [a, b] = [lower(left), lower(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** NaN, which equals nothing, for what is no number. */
function toNumber(value: Value): number {
  return typeof value === 'string' && value.trim() === '' ? 0 : Number(value);
}
