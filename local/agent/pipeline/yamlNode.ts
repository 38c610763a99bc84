import { yamlFault } from './yamlFault';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Scalar } from 'yaml';
import { Moment, Version, type Value } from './expressionValue';
import { PipelineError } from './faults';
import { limits } from './limits';

/** Where something stands: the file as it is called in messages, and the line from 1. */
export interface Place {
  file: string;
  line: number;
}

export interface YamlText {
  kind: 'text';
  text: string;
  place: Place;
}

export interface YamlList {
  kind: 'list';
  items: YamlNode[];
  place: Place;
}

export interface YamlEntry {
  key: string;
  value: YamlNode;
  /** Of the key. */
  place: Place;
}

/** Its entries may have a key twice as long as that is an expression, such as `${{ else }}`. */
export interface YamlMap {
  kind: 'map';
  entries: YamlEntry[];
  place: Place;
}

/** A part of a pipeline file that knows where it stands. All scalars are text, as to Azure Pipelines: 0.10 stays so. */
export type YamlNode = YamlText | YamlList | YamlMap;

export function parseYaml(text: string, file: string): YamlNode {
  const lines = new LineCounter();
  const options = { schema: 'failsafe', merge: false, uniqueKeys: false, lineCounter: lines } as const;
  const document = parseDocument(text, options);
  const fault = document.errors[0];
  if (fault) {
    const place = { file, line: fault.linePos?.[0].line ?? 1 };
    throw new PipelineError(place, '', yamlFault(fault.message, text, place.line));
  }
  const convert = (node: Node | null | undefined, outer: Place): YamlNode => {
    const place = node?.range ? { file, line: lines.linePos(node.range[0]).line } : outer;
    if (isAlias(node) || (node && 'anchor' in node && node.anchor)) {
      throw new PipelineError(place, '', `anchors and aliases: ${limits.anchors.text}`);
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => convert(item as Node, place)), place };
    if (!isMap(node)) return { kind: 'text', text: isScalar<string | null>(node) ? (node.value ?? '') : '', place };
    const entries = node.items.map(({ key, value }) => {
      const keyNode = convert(key as Scalar, place);
      if (keyNode.kind !== 'text') throw new PipelineError(keyNode.place, '', 'a key must be a text.');
      return { key: keyNode.text, value: convert(value as Node | null, keyNode.place), place: keyNode.place };
    });
    return { kind: 'map', entries, place };
  };
  return convert(document.contents, { file, line: 1 });
}

export function mapNode(place: Place, fields: Record<string, YamlNode | undefined>): YamlMap {
  const entries = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, place: value.place }],
  );
  return { kind: 'map', entries, place };
}

export function textNode(text: string, place: Place): YamlText {
  return { kind: 'text', text, place };
}

export function fieldOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined;
}

/** Where the lists and mappings stand that values were made from: a step given as a parameter keeps its line. */
const places = new WeakMap<object, Place>();

export function valueOfNode(node: YamlNode): Value {
  if (node.kind === 'text') return node.text;
  const value =
    node.kind === 'list'
      ? node.items.map(valueOfNode)
      : Object.fromEntries(node.entries.map((entry) => [entry.key, valueOfNode(entry.value)] as const));
  places.set(value, node.place);
  return value;
}

/** Made by an expression that stands at `place`. */
export function nodeOfValue(value: Value, place: Place, write: (value: Value) => string): YamlNode {
  if (value === null || typeof value !== 'object' || value instanceof Version || value instanceof Moment) {
    return textNode(write(value), place);
  }
  const own = places.get(value) ?? place;
  if (Array.isArray(value)) {
    return { kind: 'list', items: value.map((item) => nodeOfValue(item, own, write)), place: own };
  }
  const entries = Object.entries(value).map(([key, item]) => ({
    key,
    value: nodeOfValue(item, own, write),
    place: own,
  }));
  return { kind: 'map', entries, place: own };
}

export function describeNode(node: YamlNode | undefined): string {
  if (node?.kind === 'list') return 'a list';
  if (node?.kind === 'map') return 'a mapping';
  return node === undefined || node.text === '' ? 'empty' : `'${node.text}'`;
}
