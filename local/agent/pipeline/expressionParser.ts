import { Version, type Value } from './expressionValue';

export type ExpressionNode =
  | { kind: 'literal'; value: Value }
  | { kind: 'name'; name: string }
  | { kind: 'index'; target: ExpressionNode; key: ExpressionNode }
  | { kind: 'all'; target: ExpressionNode }
  | { kind: 'call'; name: string; args: ExpressionNode[] };

/** What an expression may name. */
export interface KnownNames {
  hasValue(name: string): boolean;
  /** How many arguments the function takes; undefined for one that there is not. */
  argumentsOf(name: string): { least: number; most: number } | undefined;
}

const text = /'(?:[^']|'')*'/y;
const word = /[A-Za-z_][A-Za-z0-9_-]*/y;
/** A number or version goes on to the next separator: `3.4a` is neither. */
const numeral = /[-+]?\.?\d[^\s,()[\]]*/y;
const symbol = /[()[\].,*]/y;

/** Reads an expression. Throws on one that cannot be read, and on names and numbers of arguments that are not known. */
export function parseExpression(expression: string, known: KnownNames): ExpressionNode {
  return new Parser(expression, known).parse();
}

/** What other languages write, and what Azure Pipelines has in its place. */
const otherNotation: Array<[start: string, instead: string]> = [
  ['==', 'eq(a, b)'],
  ['!=', 'ne(a, b)'],
  ['&&', 'and(a, b)'],
  ['||', 'or(a, b)'],
  ['!', 'not(a)'],
  ['>', 'gt(a, b)'],
  ['<', 'lt(a, b)'],
  ['"', 'texts in single quotes'],
];

class Parser {
  #position = 0;

  constructor(
    readonly expression: string,
    readonly known: KnownNames,
  ) {}

  parse(): ExpressionNode {
    const tree = this.#value();
    this.#skipSpace();
    if (this.#position < this.expression.length) throw this.#unexpected();
    return tree;
  }

  #fault(message: string): Error {
    return new Error(`${message} in the expression: ${this.expression.trim()}`);
  }

  #unexpected(): Error {
    const rest = this.expression.slice(this.#position).trim();
    const instead = otherNotation.find(([start]) => rest.startsWith(start))?.[1];
    return this.#fault(
      `Unexpected ${rest === '' ? 'end' : `'${rest.slice(0, 20)}'`}${instead ? ` (write ${instead})` : ''}`,
    );
  }

  #skipSpace(): void {
    while (/\s/.test(this.expression[this.#position] ?? '')) this.#position++;
  }

  #take(pattern: RegExp): string | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.expression);
    if (match) this.#position = pattern.lastIndex;
    return match?.[0];
  }

  #takeSymbol(wanted: string): boolean {
    this.#skipSpace();
    if (this.expression[this.#position] !== wanted) return false;
    this.#take(symbol);
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#takeSymbol(wanted)) throw this.#unexpected();
  }

  #value(): ExpressionNode {
    let node = this.#primary();
    for (;;) {
      if (this.#takeSymbol('.')) {
        if (this.#takeSymbol('*')) {
          node = { kind: 'all', target: node };
          continue;
        }
        const name = this.#take(word);
        if (name === undefined) throw this.#unexpected();
        node = { kind: 'index', target: node, key: { kind: 'literal', value: name } };
      } else if (this.#takeSymbol('[')) {
        node = this.#takeSymbol('*')
          ? { kind: 'all', target: node }
          : { kind: 'index', target: node, key: this.#value() };
        this.#expect(']');
      } else {
        return node;
      }
    }
  }

  #primary(): ExpressionNode {
    const quoted = this.#take(text);
    if (quoted !== undefined) return { kind: 'literal', value: quoted.slice(1, -1).replaceAll("''", "'") };
    const number = this.#take(numeral);
    if (number !== undefined) return { kind: 'literal', value: this.#number(number) };
    const name = this.#take(word);
    if (name === undefined) throw this.#unexpected();
    if (this.#takeSymbol('(')) return this.#call(name);
    const constants: Record<string, Value> = { true: true, false: false, null: null };
    const lower = name.toLowerCase();
    if (Object.hasOwn(constants, lower)) return { kind: 'literal', value: constants[lower]! };
    if (!this.known.hasValue(name)) throw this.#fault(`Unrecognized value: '${name}'`);
    return { kind: 'name', name };
  }

  #number(numeralText: string): Value {
    if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(numeralText)) return Number(numeralText);
    const version = /\..*\./.test(numeralText) ? Version.parse(numeralText) : undefined;
    if (!version) throw this.#fault(`Unrecognized value: '${numeralText}'`);
    return version;
  }

  #call(name: string): ExpressionNode {
    const args: ExpressionNode[] = [];
    while (!this.#takeSymbol(')')) {
      if (args.length > 0) this.#expect(',');
      args.push(this.#value());
    }
    const count = this.known.argumentsOf(name);
    if (!count) throw this.#fault(`Unrecognized function: '${name}'`);
    if (args.length < count.least || args.length > count.most) {
      const wanted = count.least === count.most ? `${count.least}` : `${count.least} to ${count.most}`;
      const allowed = count.most === Infinity ? `at least ${count.least}` : wanted;
      throw this.#fault(`Function '${name}' takes ${allowed} arguments, and has ${args.length},`);
    }
    return { kind: 'call', name, args };
  }
}
