import { limits } from './limits';
import type { GroupVariable, VariableGroups } from './variableGroups';
import { parseYaml, textNode, type YamlNode } from './yamlNode';

/** Keeps to what a run sets by hand: which names the pipeline has, and what their values are. */
export class VariableNames {
  readonly #named = new Map<string, string>();
  readonly #parameters = new Set<string>();
  #hasUnknownGroup = false;

  constructor(
    /** By --set. */
    readonly set: Record<string, string>,
    readonly groups: VariableGroups | undefined,
    readonly warnings: string[],
  ) {}

  /** Notes that the pipeline has a parameter of this name; its value, if one is set. */
  parameter(name: string, type: string): YamlNode | undefined {
    this.#named.set(name.toLowerCase(), name);
    this.#parameters.add(name.toLowerCase());
    const value = this.#valueOf(name);
    if (value === undefined) return undefined;
    const place = { file: `--set ${name}`, line: 1 };
    // What is not a plain value is written as YAML.
    return ['string', 'number', 'boolean'].includes(type) ? textNode(value, place) : parseYaml(value, place.file);
  }

  /** Notes that the pipeline has a variable of this name; its value, if one is set. */
  put(name: string): string | undefined {
    this.#named.set(name.toLowerCase(), name);
    return this.#parameters.has(name.toLowerCase()) ? undefined : this.#valueOf(name);
  }

  group(name: string, place: string): GroupVariable[] {
    const found = this.groups?.find(name);
    if (found) return found;
    this.#hasUnknownGroup = true;
    this.warnings.push(`${place}: the variable group '${name}' ${limits.group.text}`);
    return [];
  }

  /** What is set and is not a parameter: these are variables of every stage and job. */
  get given(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.set).filter(([name]) => !this.#parameters.has(name.toLowerCase())));
  }

  /** A slip in a name would run the whole pipeline with the old value. */
  unknown(): string | undefined {
    // Names with a dot, like System.Debug, are the server's or a user's own and need no definition.
    const unknown = Object.keys(this.set).filter((name) => !this.#named.has(name.toLowerCase()) && !name.includes('.'));
    if (unknown.length === 0 || this.#hasUnknownGroup) return undefined;
    const known = [...this.#named.values()].sort().join(', ') || 'none';
    return `no variable or parameter ${unknown.join(', ')} to set. It has: ${known}.`;
  }

  #valueOf(name: string): string | undefined {
    return Object.entries(this.set).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  }
}
