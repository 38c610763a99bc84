import { className, ClassDictionary } from './classDictionary';
import type { FilePart } from './filePart';
import type { ColumnRequest } from './predictionColumns';
import { readRows, RowsUnreadable } from './rowReader';

/** A part of a file to read: each value goes to its row's place in arrays of all rows. */
export interface PartOrder {
  readonly file: string;
  readonly part: FilePart;
  /** All columns of the file, and those that are wanted, by whose places the rest is asked for. */
  readonly header: readonly string[];
  readonly wanted: readonly string[];
  readonly ids?: { readonly place: number; readonly values: Float64Array };
  /** Gets a hash of what each row is of: its id and label, or its number and label where there are no ids. */
  readonly rowHashes?: { readonly label?: number; readonly values: Float64Array };
  readonly columns: ReadonlyArray<{
    readonly name: string;
    readonly place: number;
    readonly request: ColumnRequest;
    readonly values: Float64Array;
  }>;
}

/** The names of classes by the numbers that the part's columns got, or what is wrong with the part. */
export type PartAnswer = { readonly classNames: string[] } | { readonly problem: string };

export async function readPart(order: PartOrder, signal?: AbortSignal): Promise<PartAnswer> {
  const { file, part, header, wanted, ids, rowHashes, columns } = order;
  const classes = new ClassDictionary();
  let row = part.firstRow;
  try {
    await readRows(
      file,
      part,
      header,
      wanted,
      (cells) => {
        const id = ids && cells[ids.place];
        if (ids) {
          if (id === undefined) throw new RowsUnreadable('it has no id');
          ids.values[row] = hash53(id);
        }
        for (const { request, name, place, values } of columns) {
          const cell = cells[place];
          if (cell === undefined) throw new RowsUnreadable(`it has no ${name}`);
          values[row] = request.as === 'class' ? classes.code(cell) : numberOf(cell, name);
        }
        // Without ids a row is what it is by its place, as it is where two files are paired.
        if (rowHashes) {
          const label = rowHashes.label === undefined ? undefined : cells[rowHashes.label];
          rowHashes.values[row] = hash53(`${id ?? row}\0${className(label ?? '')}`);
        }
        row++;
      },
      signal,
    );
  } catch (error) {
    if (!(error instanceof RowsUnreadable)) throw error;
    return { problem: error.message };
  }
  // The columns hold zeros where no row was read, and zeros would be judged.
  if (row !== part.firstRow + part.rows) return { problem: 'the file changed while it was being read' };
  return { classNames: classes.names };
}

function numberOf(cell: string, name: string): number {
  const value = Number(className(cell));
  if (!Number.isFinite(value)) throw new RowsUnreadable(`its ${name}, "${cell}", is not a finite number`);
  return value;
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
