import type { ModelRecord, SectionName } from '../tasks/common/record/record';

/** The newest schema of the record that this view knows. */
const knownSchemaVersion = 1;

type Kind = 'text' | 'number' | 'list' | 'object';

/** What the views cannot do without, of each section. A section without it is left out, so that the others can be shown. */
const needed: Record<SectionName, Record<string, Kind>> = {
  source: {},
  training: { jobName: 'text', status: 'text', metrics: 'object' },
  model: { name: 'text', version: 'text' },
  evaluation: { decision: 'text', reason: 'text', criteria: 'list', metrics: 'object' },
  image: { registry: 'text', repository: 'text', digest: 'text', tags: 'list' },
  deployment: {
    containerGroup: 'text',
    containerGroupId: 'text',
    resourceGroup: 'text',
    scoringUri: 'text',
    deployedAt: 'text',
  },
  tests: { total: 'number', failed: 'number', skipped: 'number' },
};
export const sectionNames = Object.keys(needed) as SectionName[];

export interface ReadableRecord {
  /** What of the record can be shown; undefined where nothing can. */
  record?: ModelRecord;
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
    notes.push(
      `${origin} is incomplete: ${names} cannot be read and ${found.unreadable.length === 1 ? 'is' : 'are'} left out.`,
    );
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

/** The record with those of its sections that can be shown, and the names of the others; undefined where it is no record. */
function usable(parsed: unknown): { record: ModelRecord; unreadable: SectionName[] } | undefined {
  const whole = parsed as Partial<ModelRecord> | null | undefined;
  if (typeof whole !== 'object' || whole === null || typeof whole.schemaVersion !== 'number') return undefined;
  const record = { ...whole } as ModelRecord;
  const unreadable = sectionNames.filter((name) => record[name] !== undefined && !isReadable(name, record[name]));
  for (const name of unreadable) delete record[name];
  return { record, unreadable };
}

function isReadable(name: SectionName, section: unknown): boolean {
  if (!isKind(section, 'object')) return false;
  const fields = section as Record<string, unknown>;
  return Object.entries(needed[name]).every(([field, kind]) => isKind(fields[field], kind));
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === 'list') return Array.isArray(value) && value.every((each) => each !== null && each !== undefined);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === (kind === 'text' ? 'string' : 'number');
}

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
