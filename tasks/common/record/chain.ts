import { createHash } from 'node:crypto';
import { recordSchemaVersion, sectionNames, type ModelRecord, type SectionName, type Sections } from './record';

/** A record without sections. */
export function emptyRecord(): ModelRecord {
  return seal({ schemaVersion: recordSchemaVersion });
}

/**
 * The record with this section appended. A section that was there already is replaced and those after it are dropped:
 * they spoke of what no longer is.
 */
export function append<Name extends SectionName>(
  record: ModelRecord,
  name: Name,
  section: Sections[Name],
): ModelRecord {
  const before = upTo(record, name);
  return seal({ ...before, [name]: { ...section, previous: hash(before) } });
}

/**
 * Finds whether the record is whole and unaltered.
 * @returns what is wrong, one sentence each; an empty list if nothing is
 */
export function verify(record: ModelRecord): string[] {
  const problems: string[] = [];
  for (const name of sectionNames) {
    const section = record[name];
    if (section && section.previous !== hash(upTo(record, name))) {
      problems.push(`What stands before the section "${name}" is not what it was when that section was written.`);
    }
  }
  const { sha256, ...content } = record;
  if (sha256 !== hash(content)) problems.push('The record was changed after the last stage had written it.');
  return problems;
}

type Content = Omit<ModelRecord, 'sha256'>;

/** The record as it was before the section was written. */
function upTo(record: ModelRecord, name: SectionName): Content {
  const kept: Record<string, unknown> = { schemaVersion: record.schemaVersion };
  for (const earlier of sectionNames.slice(0, sectionNames.indexOf(name))) {
    if (record[earlier]) kept[earlier] = record[earlier];
  }
  return kept as Content;
}

function seal(content: Content): ModelRecord {
  // By way of JSON, so that the hash is of what a reader of the file will see: no undefined, no prototype.
  const plain = JSON.parse(JSON.stringify(content)) as Content;
  return { ...plain, sha256: hash(plain) };
}

/** SHA-256, in hex, of the JSON text with sorted keys and no white space, so that formatting does not matter. */
function hash(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}
