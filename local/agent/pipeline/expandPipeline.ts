import { walkEntries, walkItems } from './directives';
import type { Scope, Value } from './expression';
import { PipelineError, type Faults } from './faults';
import { declaredParameters, parameterValue, type DeclaredParameter } from './parameters';
import { Section } from './section';
import type { TemplateFiles } from './templateFiles';
import { expandText } from './templateText';
import type { VariableNames } from './variableNames';
import {
  describeNode,
  fieldOf,
  mapNode,
  textNode,
  type Place,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
} from './yamlNode';

/** Lists whose items may be templates, and of which kind a parameter of a type is. */
type ListKind = 'stages' | 'jobs' | 'steps';
const kinds: Record<string, ListKind> = { stage: 'stages', job: 'jobs', deployment: 'jobs', step: 'steps' };

interface ScopedEntry extends YamlEntry {
  scope: Scope;
}

/**
 * Makes one plain document of a pipeline and its templates: all `${{ }}` worked out, all templates in their place.
 * Variables become lists of `name`, `value` and `readonly`, as every level sees those of the levels around it.
 */
export class PipelineExpander {
  constructor(
    readonly files: TemplateFiles,
    readonly faults: Faults,
    readonly variables: VariableNames,
    /** Predefined variables, by name. */
    readonly predefined: Record<string, Value>,
    readonly pipelineValue: Value,
  ) {}

  pipeline(): YamlMap {
    const root = new Section('', this.files.pipeline());
    const parameters = this.#bindRoot(declaredParameters(root));
    // All else would only be the consequence.
    this.faults.throwIfAny();
    return this.#root(root.node, this.#scope(parameters, { ...this.predefined, ...this.variables.given }));
  }

  #scope(parameters: Record<string, Value>, variables: Record<string, Value>): Scope {
    return { values: { parameters, variables, pipeline: this.pipelineValue } };
  }

  /** Of the pipeline itself: what is set for this run, or the default. */
  #bindRoot(declared: DeclaredParameter[]): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const parameter of declared) {
      this.faults.attempt(() => {
        const { name, preset, section } = parameter;
        const given = this.variables.parameter(name, parameter.type);
        if (!given && !preset) throw section.error(`parameter '${name}' has no value; give one by --set ${name}=...`);
        const scope = this.#scope(values, this.predefined);
        values[name] = parameterValue(parameter, given ?? this.#parameterNode(preset!, parameter.type, scope), !given);
      });
    }
    return values;
  }

  /** A step, job or stage that is a parameter may itself come from a template. */
  #parameterNode(node: YamlNode, type: string, scope: Scope): YamlNode {
    const kind = kinds[type.replace(/List$/, '')];
    if (kind === undefined) return this.#any(node, scope);
    if (type.endsWith('List')) return node.kind === 'list' ? this.#list(node, scope, kind) : this.#any(node, scope);
    return this.#item(node, scope, kind)[0] ?? textNode('', node.place);
  }

  /** The root of the pipeline, or of the template that it extends. */
  #root(root: YamlMap, scope: Scope): YamlMap {
    const { level, known } = this.#level(root, scope, ['parameters']);
    const extended = fieldOf(level, 'extends');
    if (extended === undefined) return level;
    const section = new Section('extends', extended);
    section.allow(['template', 'parameters']);
    const outer = { ...scope, values: { ...scope.values, variables: known } };
    const inner = this.#template(section.node, outer, (template, templateScope) =>
      this.#root(template.node, templateScope),
    );
    const own = level.entries.filter(({ key }) => key !== 'extends' && key !== 'variables');
    const [ours, theirs] = [fieldOf(level, 'variables'), fieldOf(inner, 'variables')] as Array<YamlList | undefined>;
    const both: YamlList = {
      kind: 'list',
      items: [...(ours?.items ?? []), ...(theirs?.items ?? [])],
      place: root.place,
    };
    const rest = (inner?.entries ?? []).filter(({ key }) => key !== 'variables');
    const entries = [...own, ...rest, { key: 'variables', value: both, place: root.place }];
    refuseTwice(entries);
    return { ...level, entries };
  }

  /** The pipeline, a stage or a job: its variables are known to the rest of it, wherever they stand. */
  #level(map: YamlMap, outer: Scope, leftOut: string[] = []): { level: YamlMap; known: Record<string, Value> } {
    const chosen = this.#choose(map.entries, outer).filter(({ key }) => !leftOut.includes(key));
    const written = chosen.find(({ key }) => key === 'variables');
    const known = { ...(outer.values.variables as Record<string, Value>) };
    const variables = written && this.#variableList(written.value, written.scope, known);
    const entries = chosen.flatMap((entry): YamlEntry[] => {
      const scope = { ...entry.scope, values: { ...entry.scope.values, variables: known } };
      const value =
        entry.key === 'variables' ? variables : this.faults.attempt(() => this.#field(entry.key, entry.value, scope));
      return value === undefined ? [] : [{ key: entry.key, value, place: entry.place }];
    });
    return { level: { ...map, entries }, known };
  }

  #field(key: string, node: YamlNode, scope: Scope): YamlNode {
    const isList = key === 'stages' || key === 'jobs' || key === 'steps';
    if (!isList) return this.#any(node, scope);
    const content = node.kind === 'text' ? expandText(node, scope) : node;
    return content.kind === 'list' ? this.#list(content, scope, key) : content;
  }

  #list(node: YamlList, scope: Scope, kind?: ListKind): YamlList {
    const items: YamlNode[] = [];
    walkItems(node.items, scope, this.faults, (item, inner) => items.push(...this.#item(item, inner, kind)));
    return { ...node, items };
  }

  /** One item of a list, or those that a template or an expression puts in its place. */
  #item(item: YamlNode, scope: Scope, kind?: ListKind): YamlNode[] {
    if (item.kind === 'text') {
      const expanded = expandText(item, scope);
      return item.text.includes('${{') && expanded.kind === 'list' ? expanded.items : [expanded];
    }
    if (item.kind === 'map' && kind !== undefined) {
      const isTemplate = item.entries.some(({ key }) => key === 'template');
      if (isTemplate) {
        const items = this.#template(item, scope, (template, inner) => {
          template.allow(['parameters', kind]);
          const list = template.get(kind);
          if (list?.kind !== 'list')
            throw template.error(`a list of '${kind}' is expected, as this is a template of ${kind}.`);
          return this.#list(list, inner, kind).items;
        });
        return items ?? [];
      }
      if (kind !== 'steps') return [this.#level(item, scope).level];
    }
    return [this.#any(item, scope)];
  }

  #any(node: YamlNode, scope: Scope): YamlNode {
    if (node.kind === 'text') return expandText(node, scope);
    if (node.kind === 'list') return this.#list(node, scope);
    const entries = this.#choose(node.entries, scope).map(({ key, value, place, scope: inner }) => ({
      key,
      // The hooks of a deployment hold steps at some depth.
      value: key === 'steps' ? this.#field(key, value, inner) : this.#any(value, inner),
      place,
    }));
    return { ...node, entries };
  }

  #choose(entries: YamlEntry[], scope: Scope): ScopedEntry[] {
    const chosen: ScopedEntry[] = [];
    walkEntries(entries, scope, this.faults, (entry, inner) => chosen.push({ ...entry, scope: inner }));
    refuseTwice(chosen);
    return chosen;
  }

  /** Reads the template that a mapping names, with the parameters that it gives. */
  #template<T>(node: YamlMap, scope: Scope, work: (template: Section, scope: Scope) => T): T | undefined {
    const chosen = this.#choose(node.entries, scope);
    for (const { key, place } of chosen) {
      if (key !== 'template' && key !== 'parameters') {
        throw new PipelineError(place, '', `unexpected '${key}'. Beside 'template' there may be only 'parameters'.`);
      }
    }
    const reference = expandText(asText(chosen.find(({ key }) => key === 'template')!), scope);
    const given = chosen.find(({ key }) => key === 'parameters');
    return this.files.use(asText({ key: 'template', value: reference, place: node.place }).text, node.place, (root) => {
      const template = new Section('', root);
      const parameters = this.#bind(declaredParameters(template), given, node.place);
      return parameters && work(template, this.#scope(parameters, scope.values.variables as Record<string, Value>));
    });
  }

  #bind(
    declared: DeclaredParameter[],
    given: ScopedEntry | undefined,
    place: Place,
  ): Record<string, Value> | undefined {
    const entries = given ? this.#givenParameters(given) : [];
    const isNamed = (name: string) => (parameter: DeclaredParameter | ScopedEntry) =>
      ('key' in parameter ? parameter.key : parameter.name).toLowerCase() === name.toLowerCase();
    for (const { key, place: at } of entries) {
      if (declared.some(isNamed(key))) continue;
      const names = declared.map(({ name }) => name).join(', ') || 'none';
      this.faults.attempt(() => {
        throw new PipelineError(at, '', `the template has no parameter '${key}'. It has: ${names}.`);
      });
    }
    const values: Record<string, Value> = {};
    let isWhole = true;
    for (const parameter of declared) {
      const bound = this.faults.attempt(() => {
        const { name, type, preset } = parameter;
        const entry = entries.find(isNamed(name));
        if (!entry && !preset)
          throw new PipelineError(place, '', `the template needs a value for its parameter '${name}'.`);
        const node = entry
          ? this.#parameterNode(entry.value, type, entry.scope)
          : this.#parameterNode(preset!, type, this.#scope(values, this.predefined));
        values[name] = parameterValue(parameter, node, !entry);
        return true;
      });
      isWhole &&= bound === true;
    }
    return isWhole ? values : undefined;
  }

  #givenParameters({ value, scope, place }: ScopedEntry): ScopedEntry[] {
    const content = value.kind === 'text' ? expandText(value, scope) : value;
    if (content.kind === 'map') return this.#choose(content.entries, scope);
    if (content.kind === 'text' && content.text === '') return [];
    throw new PipelineError(place, '', `'parameters' must be a mapping, and is ${describeNode(content)}.`);
  }

  /** Adds to `known`, so that each variable sees those before it. */
  #variableList(node: YamlNode, outer: Scope, known: Record<string, Value>): YamlList {
    const scope = { ...outer, values: { ...outer.values, variables: known } };
    const items: YamlNode[] = [];
    const put = (entry: {
      name: string;
      value: YamlNode;
      place: Place;
      readonly?: YamlNode;
      secret?: boolean;
    }): void => {
      const { name, place, readonly, secret } = entry;
      if (entry.value.kind !== 'text') {
        throw new PipelineError(
          place,
          '',
          `the value of '${name}' must be a text, and is ${describeNode(entry.value)}.`,
        );
      }
      const value = this.variables.put(name) ?? entry.value.text;
      known[name] = value;
      const flag = secret ? textNode('true', place) : undefined;
      items.push(
        mapNode(place, { name: textNode(name, place), value: textNode(value, place), readonly, secret: flag }),
      );
    };
    const content = node.kind === 'text' ? expandText(node, scope) : node;
    if (content.kind === 'map') {
      walkEntries(content.entries, scope, this.faults, ({ key, value, place }, inner) =>
        put({ name: key, value: this.#any(value, inner), place }),
      );
    } else if (content.kind === 'list') {
      walkItems(content.items, scope, this.faults, (item, inner) => {
        const isTemplate = item.kind === 'map' && item.entries.some(({ key }) => key === 'template');
        if (isTemplate) {
          const list = this.#template(item, inner, (template, templateScope) => {
            template.allow(['parameters', 'variables']);
            const variables = template.get('variables');
            if (!variables) throw template.error("a template of variables needs 'variables'.");
            return this.#variableList(variables, templateScope, known);
          });
          items.push(...(list?.items ?? []));
          return;
        }
        for (const single of this.#item(item, inner)) {
          if (single.kind === 'text' && single.text !== '')
            throw new PipelineError(single.place, 'variables', `a variable is a mapping; write '- name: ${single.text}' with a 'value'.`); // prettier-ignore
          this.#variableItem(new Section('variables', single), put);
        }
      });
    } else if (content.text !== '') {
      throw new PipelineError(
        content.place,
        '',
        `'variables' must be a list or a mapping, and is ${describeNode(content)}.`,
      );
    }
    return { kind: 'list', items, place: node.place };
  }

  #variableItem(
    item: Section,
    put: (entry: { name: string; value: YamlNode; place: Place; readonly?: YamlNode; secret?: boolean }) => void,
  ): void {
    item.allow(['name', 'value', 'readonly', 'group']);
    const { place } = item.node;
    const group = item.text('group');
    if (group !== undefined) {
      for (const { name, value, secret } of this.variables.group(group, item.place)) {
        put({ name, value: textNode(value, place), place, secret });
      }
      return;
    }
    const name = item.text('name');
    if (!name) throw item.error("a variable needs a 'name' and a 'value', or is a 'group' or a 'template'.");
    put({ name, value: item.get('value') ?? textNode('', place), place, readonly: item.get('readonly') });
  }
}

function asText({ key, value, place }: YamlEntry): Extract<YamlNode, { kind: 'text' }> {
  if (value.kind !== 'text')
    throw new PipelineError(place, '', `'${key}' must be a text, and is ${describeNode(value)}.`);
  return value;
}

function refuseTwice(entries: YamlEntry[]): void {
  const keys = new Set<string>();
  for (const { key, place } of entries) {
    if (keys.has(key)) throw new PipelineError(place, '', `'${key}' is already defined.`);
    keys.add(key);
  }
}
