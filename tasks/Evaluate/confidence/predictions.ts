import { createHash } from 'node:crypto';
import { GrowingArray } from './growingArray';
import { readRows, RowsUnreadable } from './rowReader';

/** What a column of predictions means, and the names by which it goes. */
export const columnNames = {
  id: ['id', 'row_id'],
  label: ['label', 'y_true', 'truth', 'actual', 'target', 'expected'],
  prediction: ['prediction', 'y_pred', 'predicted'],
  score: ['score', 'probability', 'y_score', 'proba'],
} as const;

/** A column to read: by meaning, or by its own name. Among numbers true is 1 and false 0. */
export interface ColumnRequest {
  readonly role: 'label' | 'prediction' | 'score' | 'own';
  /** The name of an `own` column. */
  readonly name?: string;
  /** Numbers, or the code of a class in a dictionary that both models share. */
  readonly as: 'number' | 'class';
}

export type Predictions = Readable | { readonly kind: 'unusable'; readonly why: string };

/** One model's rows, as far as they were asked for. */
export interface Readable {
  readonly kind: 'rows';
  readonly rows: number;
  /** A hash of each row's id; undefined where the file has no ids and rows are told apart by their order. */
  readonly ids?: Float64Array;
  /**
   * SHA-256, in hex, of what the rows are of: their ids and labels in any order, or their labels in this order where there are no ids.
   * Undefined where the file has neither, and of a champion.
   */
  readonly rowsHash?: string;
  column(request: ColumnRequest): Float64Array | undefined;
}

/** Codes of class labels: `1`, `1.0` and `true` are one class, and so in both models' files. */
export class ClassDictionary {
  private readonly codes = new Map<string, number>();

  code(text: string): number {
    const name = className(text);
    const known = this.codes.get(name);
    if (known !== undefined) return known;
    this.codes.set(name, this.codes.size);
    return this.codes.size - 1;
  }

  find(text: string): number | undefined {
    return this.codes.get(className(text));
  }

  get names(): string[] {
    return [...this.codes.keys()];
  }
}

/**
 * Reads a file of predictions, one row at a time, and keeps of it the columns that are asked for, as numbers.
 * A column that is not there is left out; a cell that is missing or no number makes the file unusable.
 * @param whose the rows of a candidate are hashed, by which a later candidate's are known to be the same
 */
export async function readPredictions(
  file: string,
  requests: readonly ColumnRequest[],
  classes: ClassDictionary,
  whose: 'candidate' | 'champion',
  signal?: AbortSignal,
): Promise<Predictions> {
  const reading = new Reading(requests, classes, whose === 'candidate');
  try {
    await readRows(
      file,
      (columns) => reading.choose(columns),
      (cells) => reading.take(cells),
      signal,
    );
  } catch (error) {
    if (!(error instanceof RowsUnreadable)) throw error;
    return { kind: 'unusable', why: `in the predictions, ${error.message}` };
  }
  return reading.rows === 0 ? { kind: 'unusable', why: 'the predictions have no rows' } : reading.result();
}

/** What is kept of one file's rows while they are read. */
class Reading {
  rows = 0;
  private readonly found: Array<{ request: ColumnRequest; name: string; place: number; values: GrowingArray }> = [];
  private readonly ids = new GrowingArray();
  private readonly rowHashes = new GrowingArray();
  private idPlace = -1;
  private labelPlace = -1;

  constructor(
    private readonly requests: readonly ColumnRequest[],
    private readonly classes: ClassDictionary,
    /** Whether it is hashed what the rows are of. */
    private readonly hashed: boolean,
  ) {}

  /** The columns to read, each once: one may be asked for as numbers and as classes. */
  choose(columns: readonly string[]): string[] {
    const wanted: string[] = [];
    const placeOf = (name: string | undefined) => {
      if (name === undefined) return -1;
      if (!wanted.includes(name)) wanted.push(name);
      return wanted.indexOf(name);
    };
    this.idPlace = placeOf(nameOf('id', undefined, columns));
    this.labelPlace = placeOf(nameOf('label', undefined, columns));
    for (const request of this.requests) {
      const name = nameOf(request.role, request.name, columns);
      if (name !== undefined) this.found.push({ request, name, place: placeOf(name), values: new GrowingArray() });
    }
    return wanted;
  }

  take(cells: ReadonlyArray<string | undefined>): void {
    if (this.idPlace >= 0) {
      const id = cells[this.idPlace];
      if (id === undefined) throw new RowsUnreadable('it has no id');
      this.ids.push(hash53(id));
    }
    for (const { request, name, place, values } of this.found) {
      const cell = cells[place];
      if (cell === undefined) throw new RowsUnreadable(`it has no ${name}`);
      values.push(request.as === 'class' ? this.classes.code(cell) : numberOf(cell, name));
    }
    // Without ids a row is what it is by its place, as it is where two files are paired.
    if (this.hashed) {
      this.rowHashes.push(hash53(`${cells[this.idPlace] ?? this.rows}\0${className(cells[this.labelPlace] ?? '')}`));
    }
    this.rows++;
  }

  result(): Readable {
    const named = this.idPlace >= 0 || this.labelPlace >= 0;
    return {
      kind: 'rows',
      rows: this.rows,
      ids: this.idPlace >= 0 ? this.ids.toArray() : undefined,
      rowsHash: this.hashed && named ? hashInAnyOrder(this.rowHashes.toArray()) : undefined,
      column: ({ role, name, as }) =>
        this.found
          .find(({ request }) => request.role === role && request.name === name && request.as === as)
          ?.values.toArray(),
    };
  }
}

function numberOf(cell: string, column: string): number {
  const value = Number(className(cell));
  if (!Number.isFinite(value)) throw new RowsUnreadable(`its ${column}, "${cell}", is not a finite number`);
  return value;
}

function nameOf(
  role: ColumnRequest['role'] | 'id',
  own: string | undefined,
  columns: readonly string[],
): string | undefined {
  if (role === 'own') return columns.find((column) => column === own);
  return columnNames[role].map((name) => columns.find((column) => column.toLowerCase() === name)).find((name) => name !== undefined); // prettier-ignore
}

function className(text: string): string {
  // What most rows have: a number as short as it can be written.
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d{0,5}[1-9])?$/.test(text) && text.length <= 16 && text !== '-0') return text;
  const word = text.trim();
  if (/^true$/i.test(word)) return '1';
  if (/^false$/i.test(word)) return '0';
  const number = Number(word);
  return word === '' || Number.isNaN(number) ? word : String(number);
}

function hashInAnyOrder(values: Float64Array): string {
  return createHash('sha256').update(values.sort()).digest('hex');
}

/** 53 bits of two 32-bit hashes (Bryc's cyrb53 mixing), which a double holds exactly. Among a million ids two collide with a chance of 1 in 18,000, and a collision is found as a repeated id. */
function hash53(text: string): number {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 2654435761);
    second = Math.imul(second ^ code, 1597334677);
  }
  first = Math.imul(first ^ (first >>> 16), 2246822507) ^ Math.imul(second ^ (second >>> 13), 3266489909);
  second = Math.imul(second ^ (second >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909);
  return 4294967296 * (2097151 & second) + (first >>> 0);
}
