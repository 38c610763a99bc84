export interface Variable {
  name: string;
  value: string;
  secret: boolean;
  readOnly: boolean;
  preserveCase: boolean;
}

/** `Build.BuildId` as an environment variable: BUILD_BUILDID. Source: the agent's VarUtil. */
export function environmentName(name: string, preserveCase = false): string {
  const formatted = name.replace(/[. ]/g, '_');
  return preserveCase ? formatted : formatted.toUpperCase();
}

/**
 * Replaces every `$(name)` that `lookup` knows; an unknown one stays as it is. What was put in is not read again
 * (VarUtil.ExpandValues).
 */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let start = 0;
  let result = text;
  for (;;) {
    const open = result.indexOf('$(', start);
    const close = open < 0 ? -1 : result.indexOf(')', open + 2);
    if (close < 0) return result;
    const value = lookup(result.slice(open + 2, close));
    if (value === undefined) {
      start = open + 1;
    } else {
      result = result.slice(0, open) + value + result.slice(close + 1);
      start = open + value.length;
    }
  }
}

/** How deep variables may name each other (the agent's Variables.RecalculateExpanded). */
const maxDepth = 50;

/** The variables of a job, or of a task between its phases. Names are compared without case. */
export class Variables {
  readonly #variables = new Map<string, Variable>();

  constructor(values: Record<string, string> = {}) {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  set(name: string, value: string, flags: Partial<Omit<Variable, 'name' | 'value'>> = {}): void {
    const known = this.#variables.get(name.toLowerCase());
    this.#variables.set(name.toLowerCase(), {
      name: known?.name ?? name,
      value,
      // A secret stays a secret when it is set again.
      secret: flags.secret || known?.secret || false,
      readOnly: flags.readOnly || known?.readOnly || false,
      preserveCase: flags.preserveCase ?? known?.preserveCase ?? false,
    });
  }

  delete(name: string): void {
    this.#variables.delete(name.toLowerCase());
  }

  /** The value with the variables that it names put in; undefined if there is no such variable. */
  get(name: string): string | undefined {
    return this.find(name)?.value;
  }

  /** As `get`, with the flags; a variable that names a secret one is a secret itself. */
  find(name: string): Variable | undefined {
    const expansion = this.#expand(name, []);
    return typeof expansion === 'string' ? this.#variables.get(name.toLowerCase()) : expansion;
  }

  isReadOnly(name: string): boolean {
    return this.#variables.get(name.toLowerCase())?.readOnly ?? false;
  }

  /** What is wrong with the variables' references to each other, as the agent says it when a job starts. */
  warnings(): string[] {
    return [...this.#variables.keys()].flatMap((key) => {
      const expansion = this.#expand(key, []);
      return typeof expansion === 'string' ? [expansion] : [];
    });
  }

  /** In the order in which they were first set. */
  list(): Variable[] {
    return [...this.#variables.keys()].map((name) => this.find(name)!);
  }

  expand(text: string): string {
    return expandMacros(text, (name) => this.get(name));
  }

  copy(): Variables {
    const copy = new Variables();
    for (const variable of this.#variables.values()) copy.set(variable.name, variable.value, variable);
    return copy;
  }

  /** A text says why the variable stays as it is written. */
  #expand(name: string, path: string[]): Variable | string | undefined {
    const key = name.toLowerCase();
    const variable = this.#variables.get(key);
    const top = path[0] === undefined ? variable?.name : this.#variables.get(path[0])!.name;
    if (!variable) return undefined;
    if (path.includes(key)) return `Variable '${top}' contains a cyclical reference.`;
    if (path.length === maxDepth) return `Variable '${top}' exceeds the depth of ${maxDepth} references.`;
    if (!variable.value.includes('$(')) return variable;
    let { secret } = variable;
    let fault: string | undefined;
    const value = expandMacros(variable.value, (nested) => {
      const found = fault === undefined ? this.#expand(nested, [...path, key]) : undefined;
      if (typeof found === 'string') fault = found;
      else secret ||= found?.secret ?? false;
      return typeof found === 'object' ? found.value : undefined;
    });
    return fault ?? { ...variable, value, secret };
  }
}
