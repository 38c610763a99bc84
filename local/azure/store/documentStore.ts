import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Collection } from '../context';
import { closedFolder } from './closedFolder';

/** Documents hold keys and secret values of container groups and jobs. */
const ownerOnly = { mode: 0o600 };

/** Outdated lines that are left where they are, however few documents there are: they are not worth writing all of a file again. */
const fewOutdated = 200;

/** Of a large file never more than this much is in memory beside its documents, in bytes. */
const pieceSize = 256 * 1024;

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
    writeLines(`${file}.new`, documents.values());
    renameSync(`${file}.new`, file);
    lines = documents.size;
  };
  if (existsSync(file)) {
    chmodSync(file, ownerOnly.mode);
    for (const line of readLines<T>(file)) {
      lines++;
      if (!line) continue;
      if (line.value === undefined) documents.delete(line.key.toLowerCase());
      else documents.set(line.key.toLowerCase(), { key: line.key, value: line.value });
    }
    if (lines > documents.size) compact();
  }
  const append = (line: Line<T>): void => {
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
    try {
      appendFileSync(file, JSON.stringify(line) + '\n', ownerOnly);
    } catch (error) {
      // On a full disk a part of the line is there, and the next line would stand in the same one.
      if (existsSync(file)) truncateSync(file, size);
      throw error;
    }
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
      if (!documents.has(key.toLowerCase())) return false;
      append({ key });
      documents.delete(key.toLowerCase());
      tidy();
      return true;
    },
    list: () => [...documents.values()],
  };
}

function writeLines(file: string, lines: Iterable<Line<unknown>>): void {
  // What an earlier try left behind.
  rmSync(file, { recursive: true, force: true });
  const target = openSync(file, 'wx', ownerOnly.mode);
  try {
    let text = '';
    for (const line of lines) {
      text += JSON.stringify(line) + '\n';
      if (text.length < pieceSize) continue;
      writeAll(target, text);
      text = '';
    }
    writeAll(target, text);
  } finally {
    closeSync(target);
  }
}

function writeAll(target: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) written += writeSync(target, bytes, written);
}

/**
 * A last line cut short by a kill is left out: its change was never confirmed to anyone.
 * @returns undefined for what is to go from the file, as what is appended would stand in the same line
 */
function* readLines<T>(file: string): Generator<Line<T> | undefined> {
  const source = openSync(file, 'r');
  try {
    let rest = Buffer.alloc(0);
    let number = 0;
    const piece = Buffer.allocUnsafe(pieceSize);
    for (let count = readSync(source, piece); count > 0; count = readSync(source, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, count)]);
      let start = 0;
      for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
        const text = bytes.toString('utf8', start, end);
        start = end + 1;
        number++;
        if (text === '') continue;
        const line = parsed<T>(text);
        if (!line) throw new Error(`${file} line ${number} is damaged; remove the state directory to start again`);
        yield line;
      }
      rest = bytes.subarray(start);
    }
    if (rest.length > 0) yield* [parsed<T>(rest.toString('utf8')), undefined];
  } finally {
    closeSync(source);
  }
}

function parsed<T>(text: string): Line<T> | undefined {
  try {
    return JSON.parse(text) as Line<T>;
  } catch {
    return undefined;
  }
}
