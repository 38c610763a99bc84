import type { Value } from './expression';
import { booleanOf, Section } from './section';
import { describeNode, valueOfNode, type YamlNode } from './yamlNode';

/** A parameter as a pipeline or template declares it. */
export interface DeclaredParameter {
  name: string;
  type: string;
  preset: YamlNode | undefined;
  values: string[] | undefined;
  section: Section;
}

/** What a type takes: undefined for a value that it does not. */
type Reader = (node: YamlNode) => Value | undefined;

const anything: Reader = valueOfNode;
const mapping: Reader = (node) => (node.kind === 'map' ? valueOfNode(node) : undefined);
const mappings: Reader = (node) =>
  node.kind === 'list' && node.items.every(({ kind }) => kind === 'map') ? valueOfNode(node) : emptyList(node);

const types: Record<string, { wanted: string; read: Reader }> = {
  string: { wanted: 'a text', read: (node) => (node.kind === 'text' ? node.text : undefined) },
  stringList: {
    wanted: 'a list of texts',
    read: (node) =>
      node.kind === 'list' && node.items.every(({ kind }) => kind === 'text') ? valueOfNode(node) : emptyList(node),
  },
  number: { wanted: 'a number', read: (node) => numberOf(node.kind === 'text' ? node.text : '') },
  boolean: { wanted: 'true or false', read: (node) => (node.kind === 'text' ? booleanOf(node.text) : undefined) },
  object: { wanted: 'a value', read: anything },
  ...Object.fromEntries(
    ['step', 'job', 'deployment', 'stage'].map((type) => [type, { wanted: `a ${type}`, read: mapping }]),
  ),
  ...Object.fromEntries(
    ['step', 'job', 'deployment', 'stage'].map((type) => [
      `${type}List`,
      { wanted: `a list of ${type}s`, read: mappings },
    ]),
  ),
  ...Object.fromEntries(
    ['container', 'containerList', 'environment', 'filePath', 'pool', 'secureFile', 'serviceConnection', 'any'].map(
      (type) => [type, { wanted: 'a value', read: anything }],
    ),
  ),
};

/** An empty text stands for an empty list, as `default:` with nothing behind it does. */
function emptyList(node: YamlNode): Value | undefined {
  return node.kind === 'text' && node.text === '' ? [] : undefined;
}

function numberOf(text: string): number | undefined {
  return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
}

/** The parameters of a pipeline or template: a list with types, or, in older templates, names with their defaults. */
export function declaredParameters(root: Section): DeclaredParameter[] {
  const node = root.get('parameters');
  if (node?.kind === 'map') {
    return node.entries.map(({ key, value, place }) => ({
      name: key,
      type: 'any',
      preset: value,
      values: undefined,
      section: new Section(`parameter ${key}`, { kind: 'map', entries: [], place }),
    }));
  }
  return root.list('parameters').map((item, index) => {
    const section = new Section(`parameter ${index + 1}`, item);
    section.allow(['name', 'displayName', 'type', 'default', 'values']);
    const name = section.text('name');
    if (!name) throw section.error('a parameter needs a name.');
    const type = section.text('type') || 'string';
    const known = Object.keys(types).find((candidate) => candidate.toLowerCase() === type.toLowerCase());
    if (known === undefined || known === 'any') {
      const names = Object.keys(types).filter((candidate) => candidate !== 'any');
      throw section.error(`'${type}' is not a type of a parameter; those are: ${names.join(', ')}.`, 'type');
    }
    return { name, type: known, preset: section.get('default'), values: section.texts('values'), section };
  });
}

/** The value of the declared type; throws, at the place of the value, if it has another or is not one of `values`. */
export function parameterValue(parameter: DeclaredParameter, node: YamlNode, isDefault: boolean): Value {
  const { name, type, values, section } = parameter;
  const at = isDefault ? section : new Section(`parameter ${name}`, { kind: 'map', entries: [], place: node.place });
  const value = types[type]!.read(node);
  if (value === undefined) {
    throw at.error(`the value of '${name}' must be ${types[type]!.wanted}, and is ${describeNode(node)}.`);
  }
  const isAllowed = (text: string): boolean =>
    type === 'number' ? values!.some((one) => Number(one) === Number(text)) : values!.includes(text);
  const given = node.kind === 'list' ? node.items : [node];
  const wrong = values && given.find((item) => item.kind === 'text' && !isAllowed(item.text));
  if (wrong) throw at.error(`${describeNode(wrong)} is not a value of '${name}'; those are: ${values.join(', ')}.`);
  return value;
}
