import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { messageOf } from '../../common/messageOf';
import type { FilePart } from './filePart';

/** One row's cells, in the order in which columns were asked for; undefined where the row has none. */
export type RowHandler = (cells: readonly (string | undefined)[]) => void;

/** A file of rows that is not what it should be. */
export class RowsUnreadable extends Error {}

/** Names of predictions' files that can be read, by their endings. */
export const rowFileEndings = ['.csv', '.jsonl', '.ndjson'] as const;

/** Else JSON Lines. */
export function isCsv(file: string): boolean {
  return path.extname(file).toLowerCase() === '.csv';
}

/** A line that has no other bytes is no row. */
export function blankBytes(csv: boolean): readonly number[] {
  return csv ? [0x0d] : [0x0d, 0x20, 0x09];
}

/** The columns that the first line of a CSV file names, or a row of JSON Lines. */
export function columnsOf(record: string, csv: boolean): string[] {
  const text = record.replace(/^\uFEFF/, '');
  if (!csv) return Object.keys(jsonRow(text));
  const columns = cellsOf(text).map((name) => name.trim());
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) throw new RowsUnreadable(`two columns are named "${repeated}"`);
  return columns;
}

/**
 * Reads the rows of a part of a CSV (RFC 4180, first line names the columns) or JSON Lines file, holding one chunk at a time.
 * @param columns of the file
 * @param wanted those of them whose cells are handed over
 * @throws RowsUnreadable that names the line
 */
export async function readRows(
  file: string,
  { start, end, linesBefore }: Pick<FilePart, 'start' | 'end' | 'linesBefore'>,
  columns: readonly string[],
  wanted: readonly string[],
  onRow: RowHandler,
  signal?: AbortSignal,
): Promise<void> {
  const lines = isCsv(file) ? csvRecords(columns, wanted, onRow) : jsonLines(wanted, onRow);
  signal?.throwIfAborted();
  const handle = await fs.open(file);
  const stream = handle.createReadStream({
    encoding: 'utf8',
    highWaterMark: 1 << 18,
    start,
    end: end - 1,
    autoClose: false,
  });
  let rest = '';
  let number = linesBefore;
  const say = (error: unknown) =>
    error instanceof RowsUnreadable ? new RowsUnreadable(`line ${number}: ${error.message}`) : error;
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      rest += chunk;
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        number++;
        lines.line(rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end));
        start = end + 1;
      }
      rest = rest.slice(start);
      signal?.throwIfAborted();
    }
    if (rest !== '') {
      number++;
      lines.line(rest.replace(/\r$/, ''));
    }
    lines.end();
  } catch (error) {
    throw say(error);
  } finally {
    // A stream closes its file at some later time; Windows deletes no folder that holds an open one.
    await handle.close();
  }
}

interface LineHandler {
  line(text: string): void;
  end(): void;
}

function jsonLines(wanted: readonly string[], onRow: RowHandler): LineHandler {
  return {
    line(text) {
      if (/^[ \t\r]*$/.test(text)) return;
      const row = jsonRow(text.replace(/^\uFEFF/, ''));
      onRow(
        wanted.map((name) => {
          const value = row[name];
          return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? String(value)
            : undefined;
        }),
      );
    },
    end: () => {},
  };
}

function jsonRow(text: string): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw new RowsUnreadable(`it is not JSON: ${messageOf(error)}`);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw new RowsUnreadable('it is not a JSON object');
  return row as Record<string, unknown>;
}

function csvRecords(columns: readonly string[], wanted: readonly string[], onRow: RowHandler): LineHandler {
  /** For each column of the file its place among the wanted ones, or -1. */
  const places = columns.map((name) => wanted.indexOf(name));
  /** Lines of a record of which a quote is open. */
  let open: string[] = [];
  const record = (text: string) => {
    if (text === '' || (text[0] === '\r' && /^\r*$/.test(text))) return;
    const cells = text.includes('"') ? cellsOf(text) : text.split(',');
    if (cells.length !== columns.length) {
      throw new RowsUnreadable(`it has ${cells.length} cells, but there are ${columns.length} columns`);
    }
    const chosen = new Array<string | undefined>(wanted.length);
    for (let index = 0; index < cells.length; index++) {
      const place = places[index]!;
      if (place >= 0) chosen[place] = cells[index] === '' ? undefined : cells[index];
    }
    onRow(chosen);
  };
  return {
    line(text) {
      // A line end within quotes belongs to the cell.
      const turns = text.includes('"') && text.split('"').length % 2 === 0;
      if (open.length === 0 && !turns) return record(text);
      open.push(text);
      if (open.length === 1 || !turns) return;
      const whole = open.join('\n');
      open = [];
      record(whole);
    },
    end() {
      if (open.length > 0) throw new RowsUnreadable('a quoted cell is not closed');
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
