import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collection } from '../context';
import { closedFolder } from './closedFolder';

/** Documents hold keys and secret values of container groups and jobs. */
const ownerOnly = { mode: 0o600 };

type Line<T> = { key: string; value?: T };

/**
 * The documents of the local cloud: one file of JSON lines for each collection, appended to on each change (the last line
 * of a key counts; one without a value deletes it), and written again without the outdated lines when it is opened.
 */
export function openDocumentStore(directory: string): <T>(name: string) => Collection<T> {
  closedFolder(directory);
  const open = new Map<string, Collection<unknown>>();
  return <T>(name: string) => {
    let collection = open.get(name);
    if (!collection)
      open.set(name, (collection = openCollection<T>(join(directory, `${name}.jsonl`)) as Collection<unknown>));
    return collection as Collection<T>;
  };
}

function openCollection<T>(file: string): Collection<T> {
  const documents = new Map<string, { key: string; value: T }>();
  if (existsSync(file)) {
    chmodSync(file, ownerOnly.mode);
    let lines = 0;
    for (const line of readLines<T>(file)) {
      lines++;
      if (line.value === undefined) documents.delete(line.key.toLowerCase());
      else documents.set(line.key.toLowerCase(), { key: line.key, value: line.value });
    }
    if (lines > documents.size) {
      writeFileSync(
        `${file}.new`,
        [...documents.values()].map((line) => JSON.stringify(line) + '\n').join(''),
        ownerOnly,
      );
      renameSync(`${file}.new`, file);
    }
  }
  const append = (line: Line<T>): void => appendFileSync(file, JSON.stringify(line) + '\n', ownerOnly);
  return {
    get: (key) => documents.get(key.toLowerCase())?.value,
    put(key, value) {
      // The stored copy is its own, so that a caller who goes on changing his object does not change the store.
      const copy = structuredClone(value);
      append({ key, value: copy });
      documents.set(key.toLowerCase(), { key: documents.get(key.toLowerCase())?.key ?? key, value: copy });
    },
    delete(key) {
      if (!documents.delete(key.toLowerCase())) return false;
      append({ key });
      return true;
    },
    list: () => [...documents.values()],
  };
}

/** A last line cut short by a kill is left out: its change was never confirmed to anyone. */
function readLines<T>(file: string): Array<Line<T>> {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!line) return [];
    try {
      return [JSON.parse(line) as Line<T>];
    } catch (error) {
      if (index === lines.length - 1) return [];
      throw new Error(`${file} line ${index + 1} is damaged; remove the state directory to start again`, {
        cause: error,
      });
    }
  });
}
