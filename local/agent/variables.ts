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
    return this.#expanded(name, []);
  }

  isReadOnly(name: string): boolean {
    return this.#variables.get(name.toLowerCase())?.readOnly ?? false;
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

  #expanded(name: string, path: string[]): Variable | undefined {
    const key = name.toLowerCase();
    const variable = this.#variables.get(key);
    if (!variable || !variable.value.includes('$(')) return variable;
    // The agent leaves a variable that refers to itself as it is.
    if (path.includes(key)) return variable;
    let secret = variable.secret;
    const value = expandMacros(variable.value, (nested) => {
      const found = [...path, key].includes(nested.toLowerCase()) ? undefined : this.#expanded(nested, [...path, key]);
      secret ||= found?.secret ?? false;
      return found?.value;
    });
    return { ...variable, value, secret };
  }
}
