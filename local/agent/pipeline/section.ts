import { PipelineError } from './faults';
import { nearestName } from './nearestName';
import { describeNode, fieldOf, type Place, type YamlMap, type YamlNode } from './yamlNode';
import { messageOf } from '../../messageOf';

/** Texts that Azure Pipelines takes for true and false. */
const truths: Record<string, boolean> = {
  ...{ true: true, y: true, yes: true, on: true },
  ...{ false: false, n: false, no: false, off: false },
};

export function booleanOf(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return Object.hasOwn(truths, lower) ? truths[lower] : undefined;
}

/** A condition that can be read, if there is one. */
export function conditionOf(section: Section, check: (condition: string) => void): string | undefined {
  const condition = section.text('condition') || undefined;
  if (condition !== undefined) checked(section, 'condition', () => check(condition));
  return condition;
}

/** Says a fault of what stands under a key with its place. */
export function checked(section: Section, key: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw section.error(`${messageOf(error)}.`, key);
  }
}

/** After the name of what is unexpected: the one that was most likely meant, or all. */
export function meant(name: string, known: readonly string[], all = 'Known here'): string {
  const near = nearestName(name, known);
  return near === undefined ? `. ${all}: ${known.join(', ')}.` : `; did you mean '${near}'?`;
}

/** One mapping of a pipeline file, all its expressions worked out, read field by field. */
export class Section {
  readonly node: YamlMap;

  constructor(
    /** As an error names it, after the file and the line: `stage Build, job Train, step 2`. */
    readonly trail: string,
    node: YamlNode,
  ) {
    if (node.kind !== 'map') {
      throw new PipelineError(node.place, trail, `a mapping is expected, and this is ${describeNode(node)}.`);
    }
    this.node = node;
  }

  /** With the file and the line. */
  get place(): string {
    const { file, line } = this.node.place;
    return `${file}:${line}${this.trail === '' ? '' : `, ${this.trail}`}`;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get keys(): string[] {
    return this.node.entries.map(({ key }) => key);
  }

  get(key: string): YamlNode | undefined {
    return fieldOf(this.node, key);
  }

  /** The mapping under a key; an empty one where there is none. */
  section(key: string, trail = key): Section {
    const node = this.get(key) ?? { kind: 'map', entries: [], place: this.node.place };
    return new Section(this.trail === '' ? trail : `${this.trail}, ${trail}`, node);
  }

  /** Refuses keys that Azure Pipelines does not have here, and says of the others why they cannot be used here. */
  allow(known: string[], unsupported: Record<string, string> = {}): void {
    for (const key of this.keys) {
      if (Object.hasOwn(unsupported, key)) throw this.error(unsupported[key]!, key);
      if (!known.includes(key)) throw this.error(`unexpected '${key}'${meant(key, known)}`, key);
    }
  }

  text(key: string): string | undefined {
    const node = this.get(key);
    if (node === undefined) return undefined;
    if (node.kind !== 'text') throw this.error(`'${key}' must be a text, and is ${describeNode(node)}.`, key);
    return node.text;
  }

  /** A name by which others refer to this. */
  identifier(key: string): string {
    const name = this.text(key) ?? '';
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
    throw this.error(`the ${key} needs a name of letters, digits and _, not '${name}'.`, key);
  }

  boolean(key: string, preset: boolean): boolean {
    const text = this.text(key);
    if (text === undefined || text === '') return preset;
    const value = booleanOf(text);
    if (value === undefined) throw this.error(`'${key}' must be true or false, and is '${text.toLowerCase()}'.`, key);
    return value;
  }

  number(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0)) throw this.error(`'${key}' must be a number, and is '${text}'.`, key);
    return value;
  }

  /** A list of texts; a single text stands for a list of one. */
  texts(key: string): string[] | undefined {
    const node = this.get(key);
    if (node === undefined) return undefined;
    if (node.kind === 'text') return node.text === '' ? [] : [node.text];
    return this.list(key).map((item) => {
      if (item.kind !== 'text') throw this.error(`'${key}' must list texts, and has ${describeNode(item)}.`, key);
      return item.text;
    });
  }

  list(key: string): YamlNode[] {
    const node = this.get(key);
    if (node === undefined || (node.kind === 'text' && node.text === '')) return [];
    if (node.kind !== 'list') throw this.error(`'${key}' must be a list, and is ${describeNode(node)}.`, key);
    return node.items;
  }

  /** A mapping of texts, such as `env` or `inputs`. */
  map(key: string): Record<string, string> {
    const node = this.get(key);
    if (node === undefined || (node.kind === 'text' && node.text === '')) return {};
    const section = this.section(key);
    return Object.fromEntries(section.keys.map((name) => [name, section.text(name)!]));
  }

  /** A fault of this section, or of one of its keys, whose line is then said. */
  error(message: string, key?: string): PipelineError {
    const place: Place = this.node.entries.find((entry) => entry.key === key)?.place ?? this.node.place;
    return new PipelineError(place, this.trail, message);
  }
}
