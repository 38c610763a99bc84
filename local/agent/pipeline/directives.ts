import { isTrue, type Scope, type Value } from './expression';
import { PipelineError, type Faults } from './faults';
import { evaluateAt, expandText } from './templateText';
import { describeNode, textNode, type Place, type YamlEntry, type YamlNode } from './yamlNode';

interface Directive {
  word: 'if' | 'elseif' | 'else' | 'each' | 'insert';
  rest: string;
  text: string;
  place: Place;
  content: YamlNode;
}

const directive = /^\$\{\{\s*(if|elseif|else|each|insert)\b\s*([\s\S]*?)\s*\}\}$/;

function directiveOf({ key, value, place }: YamlEntry): Directive | undefined {
  const match = directive.exec(key.trim());
  return match ? { word: match[1] as Directive['word'], rest: match[2]!, text: key, place, content: value } : undefined;
}

/** Follows the branches of one mapping or list. */
class Branches {
  #taken: boolean | undefined;

  end(): void {
    this.#taken = undefined;
  }

  /** The scopes in which the content is to be read: none if it is not chosen, several in a loop. */
  enter({ word, rest, text, place }: Directive, scope: Scope): Scope[] {
    if (word === 'insert') {
      this.end();
      return [scope];
    }
    if (word === 'each') {
      this.end();
      return loop(rest, text, place, scope);
    }
    if (word !== 'if' && this.#taken === undefined)
      throw new PipelineError(place, '', `${text} has no \${{ if }} before it.`);
    const isOpen = word === 'if' || !this.#taken;
    // Before it is known to hold, so that a fault in it lets no later branch be taken.
    this.#taken = word === 'if' ? true : this.#taken;
    const chosen = isOpen && (word === 'else' || isTrue(evaluateAt(rest, text, scope, place)));
    this.#taken = word === 'if' ? chosen : this.#taken || chosen;
    return chosen ? [scope] : [];
  }
}

function loop(rest: string, text: string, place: Place, scope: Scope): Scope[] {
  const [, name, source] = /^([A-Za-z_]\w*)\s+in\s+([\s\S]+)$/.exec(rest) ?? [];
  if (name === undefined) throw new PipelineError(place, '', `${text} is not of the form \${{ each x in list }}.`);
  const value = evaluateAt(source!, text, scope, place);
  if (value === null || typeof value !== 'object') {
    throw new PipelineError(place, '', `${text} needs a list or a mapping, and gets '${String(value ?? '')}'.`);
  }
  const items: Value[] = Array.isArray(value)
    ? value
    : Object.entries(value as Record<string, Value>).map(([key, item]) => ({ key, value: item }));
  return items.map((item) => ({ ...scope, values: { ...scope.values, [name]: item } }));
}

/** Goes through the items of a list as its directives choose them, one after the other. */
export function walkItems(
  items: YamlNode[],
  scope: Scope,
  faults: Faults,
  visit: (item: YamlNode, scope: Scope) => void,
): void {
  const branches = new Branches();
  for (const item of items) {
    faults.attempt(() => {
      const found = item.kind === 'map' && item.entries.length === 1 ? directiveOf(item.entries[0]!) : undefined;
      if (!found) {
        branches.end();
        visit(item, scope);
        return;
      }
      if (found.word === 'insert')
        throw new PipelineError(found.place, '', '${{ insert }} is for mappings, not for lists.');
      for (const inner of branches.enter(found, scope)) {
        const { content } = found;
        walkItems(content.kind === 'list' ? content.items : [content], inner, faults, visit);
      }
    });
  }
}

/** Goes through the entries of a mapping as its directives choose them; keys may hold expressions. */
export function walkEntries(
  entries: YamlEntry[],
  scope: Scope,
  faults: Faults,
  visit: (entry: YamlEntry, scope: Scope) => void,
): void {
  const branches = new Branches();
  for (const entry of entries) {
    faults.attempt(() => {
      const found = directiveOf(entry);
      if (!found) {
        branches.end();
        const key = expandText(textNode(entry.key, entry.place), scope);
        if (key.kind !== 'text')
          throw new PipelineError(entry.place, '', `a key must be a text, and is ${describeNode(key)}.`);
        visit({ ...entry, key: key.text }, scope);
        return;
      }
      for (const inner of branches.enter(found, scope)) {
        const content = found.content.kind === 'text' ? expandText(found.content, inner) : found.content;
        if (content.kind === 'map') walkEntries(content.entries, inner, faults, visit);
        else if (content.kind === 'list' || content.text !== '') {
          throw new PipelineError(found.place, '', `a mapping is expected here, and this is ${describeNode(content)}.`);
        }
      }
    });
  }
}
