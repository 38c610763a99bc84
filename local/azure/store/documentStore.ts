import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Collection } from '../context';
import { closedFolder } from './closedFolder';

/** Documents hold keys and secret values of container groups and jobs. */
const ownerOnly = { mode: 0o600 };

/** Outdated lines that are left where they are, however few documents there are: they are not worth writing all of a file again. */
const fewOutdated = 200;

type Line<T> = { key: string; value?: T };

/**
 * The documents of the local cloud: one file of JSON lines for each collection, appended to on each change (the last line
 * of a key counts; one without a value deletes it), and written again without the outdated lines when it is opened and whenever
 * they have become half as many as the documents.
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
  let lines = 0;
  const compact = (): void => {
    const text = [...documents.values()].map((line) => JSON.stringify(line) + '\n').join('');
    writeFileSync(`${file}.new`, text, ownerOnly);
    renameSync(`${file}.new`, file);
    lines = documents.size;
  };
  if (existsSync(file)) {
    chmodSync(file, ownerOnly.mode);
    for (const line of readLines<T>(file)) {
      lines++;
      if (line.value === undefined) documents.delete(line.key.toLowerCase());
      else documents.set(line.key.toLowerCase(), { key: line.key, value: line.value });
    }
    if (lines > documents.size) compact();
  }
  const append = (line: Line<T>): void => {
    appendFileSync(file, JSON.stringify(line) + '\n', ownerOnly);
    lines++;
  };
  /** The change is in the file by now: where there is no room to write it again, it stays long. */
  const tidy = (): void => {
    if (lines - documents.size <= Math.max(fewOutdated, documents.size / 2)) return;
    try {
      compact();
    } catch {
      rmSync(`${file}.new`, { recursive: true, force: true });
    }
  };
  return {
    get: (key) => documents.get(key.toLowerCase())?.value,
    put(key, value) {
      // The stored copy is its own, so that a caller who goes on changing his object does not change the store.
      const copy = structuredClone(value);
      const line = { key: documents.get(key.toLowerCase())?.key ?? key, value: copy };
      append(line);
      documents.set(key.toLowerCase(), line);
      tidy();
    },
    delete(key) {
      if (!documents.delete(key.toLowerCase())) return false;
      append({ key });
      tidy();
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
