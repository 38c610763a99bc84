import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fieldOf, parseYaml, type YamlNode } from './yamlNode';
import { Section } from './section';

export interface GroupVariable {
  name: string;
  value: string;
  secret: boolean;
}

/**
 * The variable groups of the library, from a file of this machine, YAML or JSON: either names with their values, for
 * every group, or a mapping of them for each group's name. A secret one is `{value: ..., isSecret: true}`, as
 * `az pipelines variable-group` writes it.
 */
export class VariableGroups {
  readonly #common: GroupVariable[] | undefined;
  readonly #groups = new Map<string, GroupVariable[]>();

  constructor(file: string) {
    if (!existsSync(file)) throw new Error(`--variables: there is no file ${path.resolve(file)}.`);
    const root = new Section('', parseYaml(readFileSync(file, 'utf8'), path.basename(file)));
    const isVariable = (node: YamlNode): boolean => node.kind === 'text' || fieldOf(node, 'value') !== undefined;
    if (root.node.entries.every(({ value }) => isVariable(value))) {
      this.#common = variablesOf(root);
      return;
    }
    for (const { key, value } of root.node.entries) {
      const group = new Section(`group ${key}`, value);
      this.#groups.set(key.toLowerCase(), variablesOf(group.has('variables') ? group.section('variables') : group));
    }
  }

  find(name: string): GroupVariable[] | undefined {
    return this.#common ?? this.#groups.get(name.toLowerCase());
  }
}

function variablesOf(group: Section): GroupVariable[] {
  return group.keys.map((name) => {
    if (group.get(name)!.kind === 'text') return { name, value: group.text(name)!, secret: false };
    const variable = group.section(name);
    variable.allow(['value', 'isSecret', 'enabled', 'contentType', 'expires', 'isReadOnly']);
    return { name, value: variable.text('value') ?? '', secret: variable.boolean('isSecret', false) };
  });
}
