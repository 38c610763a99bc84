import { evaluate, isTrue, textOf, type Scope, type Value } from './expression';

/** Quoted text may hold }}, as an expression of Azure ML does. */
const expression = String.raw`\$\{\{\s*((?:'[^']*'|(?!\}\})[^'])*?)\s*\}\}`;
const whole = new RegExp(`^${expression}$`);
const anywhere = new RegExp(expression, 'g');
const branch = /^\$\{\{\s*(if|elseif|else|each|insert)\b\s*([\s\S]*?)\s*\}\}$/;

/** Puts the values of the `${{ }}` expressions into a part of a pipeline, and chooses among `${{ if }}`, `elseif`, `else`. */
export function expandTemplate(node: unknown, scope: Scope): unknown {
  if (typeof node === 'string') return expandText(node, scope);
  const chosen = chooseBranches(node, scope);
  if (Array.isArray(chosen)) return chosen.map((item) => expandTemplate(item, scope));
  if (chosen === null || typeof chosen !== 'object') return chosen;
  return Object.fromEntries(Object.entries(chosen).map(([key, content]) => [key, expandTemplate(content, scope)]));
}

function expandText(text: string, scope: Scope): unknown {
  if (text.replace(anywhere, '').includes('${{')) throw new Error(`An expression is not closed by }} in: ${text}`);
  const only = whole.exec(text);
  // An expression that is the whole text keeps its type.
  if (only) {
    const value = valueOf(only[1]!, text, scope);
    return typeof value === 'object' ? value : textOf(value);
  }
  return text.replace(anywhere, (_, part: string) => textOf(valueOf(part, text, scope)));
}

function valueOf(part: string, text: string, scope: Scope): Value {
  try {
    return evaluate(part, scope);
  } catch (error) {
    const isAzureMl = /^(inputs|outputs|parent|search_space|trial)\b/.test(part);
    const hint = isAzureMl ? ` What is meant for Azure ML is written \${{ '\${{${part}}}' }}.` : '';
    throw new Error(`${(error as Error).message}, in: ${text}${hint}`, { cause: error });
  }
}

/** Follows the branches of one mapping or of consecutive items of a sequence. */
class Branches {
  #taken: boolean | undefined;

  constructor(readonly scope: Scope) {}

  /** Whether the content of `key` is to be taken; undefined if it is no branch. */
  take(key: string): boolean | undefined {
    const match = branch.exec(key);
    if (!match) {
      this.#taken = undefined;
      return undefined;
    }
    const [, word, condition] = match as unknown as [string, string, string];
    if (word === 'each' || word === 'insert') {
      throw new Error(`\${{ ${word} }} is not understood by the local agent; if, elseif and else are.`);
    }
    if (word !== 'if' && this.#taken === undefined) throw new Error(`${key} has no \${{ if }} before it.`);
    const chosen =
      word === 'if' ? isTrue(evaluate(condition, this.scope)) : !this.#taken && this.#holds(word, condition);
    this.#taken = word === 'if' ? chosen : this.#taken || chosen;
    return chosen;
  }

  #holds(word: string, condition: string): boolean {
    return word === 'else' || isTrue(evaluate(condition, this.scope));
  }
}

/**
 * Chooses among the branches of this one level and leaves what is in them as it is: a stage or job may add variables
 * that its own content names.
 */
export function chooseBranches(node: unknown, scope: Scope): unknown {
  if (Array.isArray(node)) return chooseItems(node, scope);
  if (node !== null && typeof node === 'object') return chooseEntries(node as Record<string, unknown>, scope);
  return node;
}

function chooseItems(items: unknown[], scope: Scope): unknown[] {
  const branches = new Branches(scope);
  return items.flatMap((item) => {
    const keys = item !== null && typeof item === 'object' && !Array.isArray(item) ? Object.keys(item) : [];
    const chosen = keys.length === 1 ? branches.take(keys[0]!) : undefined;
    if (chosen === undefined) return [item];
    if (!chosen) return [];
    const content = chooseBranches((item as Record<string, unknown>)[keys[0]!], scope);
    return Array.isArray(content) ? (content as unknown[]) : [content];
  });
}

function chooseEntries(mapping: Record<string, unknown>, scope: Scope): Record<string, unknown> {
  const branches = new Branches(scope);
  const result: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(mapping)) {
    const chosen = branches.take(key);
    if (chosen === undefined) result[textOf(expandText(key, scope) as Value)] = content;
    else if (chosen) Object.assign(result, chooseBranches(content, scope));
  }
  return result;
}
