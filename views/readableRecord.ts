import { checkSchema, type Schema } from '../tasks/common/record/checkSchema';
import type { ModelRecord, SectionName, Sections } from '../tasks/common/record/record';
import schema from '../tasks/common/record/record.schema.json';

/** The newest schema of the record that this view knows. */
const knownSchemaVersion = 1;

/** What the views cannot do without, of each section. A section without it is left out, so that the others can be shown. */
const needed = {
  source: [],
  training: ['jobName', 'status', 'metrics'],
  model: ['name', 'version'],
  evaluation: ['decision', 'reason', 'criteria', 'metrics'],
  image: ['registry', 'repository', 'digest', 'tags'],
  deployment: ['containerGroup', 'containerGroupId', 'resourceGroup', 'scoringUri', 'deployedAt'],
  tests: ['total', 'failed', 'skipped'],
} as const satisfies { readonly [Name in SectionName]: ReadonlyArray<keyof Sections[Name]> };
export const sectionNames = Object.keys(needed) as SectionName[];

/** A record as the views take it: each section that is there has what they need, and of the rest what was readable. */
export type ShownRecord = Pick<ModelRecord, 'schemaVersion'> & {
  [Name in SectionName]?: Partial<Sections[Name]> &
    Pick<Sections[Name], Extract<(typeof needed)[Name][number], keyof Sections[Name]>>;
};

export interface ReadableRecord {
  /** What of the record can be shown; undefined where nothing can. */
  record?: ShownRecord;
  /** What is wrong with it, in a sentence. */
  note?: string;
}

/**
 * Reads what a step left of its model, whatever it is: cut, of another version of the extension, or none at all.
 * @param origin the beginning of a sentence, such as `The model record of the step "Train"`
 */
export function readableRecord(content: string, origin: string): ReadableRecord {
  const parsed = parse(content);
  if (parsed === undefined) {
    const record = usable(parse(completePart(content)));
    if (!record) return { note: `${origin} was cut off, so none of it can be shown.` };
    return { record: record.record, note: `${origin} was cut off. Its complete sections are shown.` };
  }
  const found = usable(parsed);
  if (!found) return { note: `${origin} is not a model record, so it is not shown.` };
  const notes = [];
  if (found.record.schemaVersion > knownSchemaVersion) {
    notes.push(
      `${origin} was written by a newer version of the extension. Reload the page; until then only what this version knows is shown.`,
    );
  }
  if (found.unreadable.length > 0) {
    const names = found.unreadable.join(', ');
    notes.push(`${origin} cannot be read completely. Left out, whole or in part: ${names}. Everything else is shown.`);
  }
  return { record: found.record, note: notes.join(' ') || undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What of the record can be shown, and the names of what cannot; undefined where it is no record. */
function usable(parsed: unknown): { record: ShownRecord; unreadable: string[] } | undefined {
  const whole = parsed as Partial<ShownRecord> | null | undefined;
  if (typeof whole !== 'object' || whole === null || typeof whole.schemaVersion !== 'number') return undefined;
  const record = whole as ShownRecord;
  const unreadable = sectionNames.flatMap((name) => {
    if (record[name] === undefined) return [];
    const lost = isObject(record[name]) ? keepWhatFits(record[name], sections[name]) : [];
    const isShown = isObject(record[name]) && needed[name].every((field) => Object.hasOwn(record[name]!, field));
    if (isShown) return lost.map((field) => `${name}.${field}`);
    delete record[name];
    return [name];
  });
  return { record, unreadable };
}

const sections = (schema as Schema).properties as Record<SectionName, Schema>;
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Takes out of a section what its schema does not know in that place, and what lacks something that it must have: the views then
 * find each value that is there to be of its type.
 * @returns the names of the fields that lost something
 */
function keepWhatFits(section: object, known: Schema): string[] {
  const lost = new Set<string>();
  for (;;) {
    // How a text must look is for those who work with it: any text can be shown. A field of the section itself may be missing.
    const places = checkSchema(section, { ...known, $defs: (schema as Schema).$defs })
      .filter(([place, problem]) => place !== '' && !problem.startsWith('must match pattern'))
      .map(([place]) => namesIn(place));
    if (places.length === 0) return [...lost];
    for (const [field] of places) lost.add(field!);
    remove(section, places);
  }
}

/** Takes values out, each by the names that lead to it; lists close up. */
function remove(section: object, places: readonly string[][]): void {
  const lists = new Set<unknown[]>();
  // The deepest first: what holds them may have to go too.
  for (const names of places.toSorted((one, two) => two.length - one.length)) {
    const owner = names.slice(0, -1).reduce<unknown>((each, name) => Reflect.get(each as object, name), section);
    Reflect.deleteProperty(owner as object, names.at(-1)!);
    if (Array.isArray(owner)) lists.add(owner);
  }
  for (const list of lists) {
    const kept = list.filter(() => true);
    list.length = 0;
    for (const each of kept) list.push(each);
  }
}

/** The names in a JSON pointer. */
const namesIn = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((name) => name.replace(/~1/g, '/').replace(/~0/g, '~'));
/** The sections of a cut JSON object that are complete, as an object again. */
function completePart(text: string): string {
  let depth = 0;
  let isInText = false;
  let end = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (isInText) {
      if (character === '\\') index++;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === ',' && depth === 1) end = index;
  }
  return `${text.slice(0, end)}}`;
}
