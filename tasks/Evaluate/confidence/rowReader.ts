import * as fs from 'node:fs';
import * as path from 'node:path';
import { messageOf } from '../../common/messageOf';

/** One row's cells, in the order in which columns were asked for; undefined where the row has none. */
export type RowHandler = (cells: readonly (string | undefined)[]) => void;

/** A file of rows that is not what it should be. */
export class RowsUnreadable extends Error {}

/** Names of predictions' files that can be read, by their endings. */
export const rowFileEndings = ['.csv', '.jsonl', '.ndjson'] as const;

/**
 * Reads a CSV (RFC 4180, first line names the columns) or JSON Lines file of any length, holding one chunk at a time.
 * @param choose given the file's columns, says which are wanted; a JSON Lines file's are those of its first row
 * @throws RowsUnreadable that names the line
 */
export async function readRows(
  file: string,
  choose: (columns: readonly string[]) => readonly string[],
  onRow: RowHandler,
  signal?: AbortSignal,
): Promise<void> {
  const isJson = path.extname(file).toLowerCase() !== '.csv';
  const handle = isJson ? jsonLines(choose, onRow) : csvRecords(choose, onRow);
  const stream = fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18, signal });
  let rest = '';
  let number = 0;
  const say = (error: unknown) =>
    error instanceof RowsUnreadable ? new RowsUnreadable(`line ${number}: ${error.message}`) : error;
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      rest += chunk;
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        number++;
        handle.line(rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end));
        start = end + 1;
      }
      rest = rest.slice(start);
    }
    number++;
    if (rest !== '') handle.line(rest.replace(/\r$/, ''));
    handle.end();
  } catch (error) {
    throw say(error);
  }
}

interface LineHandler {
  line(text: string): void;
  end(): void;
}

function jsonLines(choose: (columns: readonly string[]) => readonly string[], onRow: RowHandler): LineHandler {
  let wanted: readonly string[] | undefined;
  return {
    line(text) {
      if (text.trim() === '') return;
      let row: unknown;
      try {
        row = JSON.parse(text.replace(/^\uFEFF/, ''));
      } catch (error) {
        throw new RowsUnreadable(`it is not JSON: ${messageOf(error)}`);
      }
      if (typeof row !== 'object' || row === null || Array.isArray(row))
        throw new RowsUnreadable('it is not a JSON object');
      wanted ??= choose(Object.keys(row));
      onRow(
        wanted.map((name) => {
          const value = (row as Record<string, unknown>)[name];
          return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? String(value)
            : undefined;
        }),
      );
    },
    end: () => {},
  };
}

function csvRecords(choose: (columns: readonly string[]) => readonly string[], onRow: RowHandler): LineHandler {
  let header: string[] | undefined;
  /** For each column of the file its place among the wanted ones, or -1. */
  let places: number[] = [];
  let wantedCount = 0;
  let open = '';
  const record = (text: string) => {
    if (!header) {
      header = cellsOf(text.replace(/^\uFEFF/, '')).map((name) => name.trim());
      const repeated = header.find((name, index) => header!.indexOf(name) !== index);
      if (repeated !== undefined) throw new RowsUnreadable(`two columns are named "${repeated}"`);
      const wanted = choose(header);
      wantedCount = wanted.length;
      places = header.map((name) => wanted.indexOf(name));
      return;
    }
    if (text === '') return;
    const cells = text.includes('"') ? cellsOf(text) : text.split(',');
    if (cells.length !== header.length) {
      throw new RowsUnreadable(`it has ${cells.length} cells, but there are ${header.length} columns`);
    }
    const chosen = new Array<string | undefined>(wantedCount);
    for (let index = 0; index < cells.length; index++) {
      const place = places[index]!;
      if (place >= 0) chosen[place] = cells[index] === '' ? undefined : cells[index];
    }
    onRow(chosen);
  };
  return {
    line(text) {
      // A line end within quotes belongs to the cell.
      const whole = open === '' ? text : `${open}\n${text}`;
      if (whole.includes('"') && (whole.split('"').length - 1) % 2 === 1) {
        open = whole;
        return;
      }
      open = '';
      record(whole);
    },
    end() {
      if (open !== '') throw new RowsUnreadable('a quoted cell is not closed');
    },
  };
}

function cellsOf(text: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let cell = '';
      for (at++; ; at++) {
        const quote = text.indexOf('"', at);
        if (quote < 0) throw new RowsUnreadable('a quoted cell is not closed');
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
      if (at < text.length && text[at] !== ',') throw new RowsUnreadable('text follows a quoted cell');
      cells.push(cell);
    } else {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      cells.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) return cells;
    at++;
  }
}
