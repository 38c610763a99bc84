import { createHash } from 'node:crypto';
import type { ClassDictionary } from './classDictionary';
import type { Crew } from './crew';
import { layOut, type FileLayout } from './fileLayout';
import type { PartOrder } from './partReader';
import { nameOf, type ColumnRequest, type Readable } from './predictionColumns';
import { RowsUnreadable } from './rowReader';

export type Predictions = Readable | { readonly kind: 'unusable'; readonly why: string };

/**
 * Reads both models' files of predictions, part by part on all members of the crew, and keeps of them the columns that are asked for, as
 * numbers. A column that is not there is left out; a cell that is missing or no number makes the file unusable. What is read does not
 * depend on how many read it: each part has its place in the columns, and classes are numbered in the order of the rows.
 */
export async function readBoth(
  { candidate, champion }: { readonly candidate: string; readonly champion?: string },
  requests: readonly ColumnRequest[],
  classes: ClassDictionary,
  readers: Readers,
): Promise<{ candidate: Predictions; champion?: Predictions }> {
  // The rows of a candidate are hashed, by which a later candidate's are known to be the same.
  const read = (file: string, hashed: boolean) => readFile(file, requests, hashed, readers);
  const [own, other] = await Promise.all([read(candidate, true), champion === undefined ? undefined : read(champion, false)]); // prettier-ignore
  return { candidate: numbered(own, classes), champion: other && numbered(other, classes) };
}

/** By whom files are read, and in parts of how many bytes. */
export interface Readers {
  readonly crew: Crew;
  readonly signal?: AbortSignal;
  readonly partSize?: number;
}

/** One file, each part of which has numbered its classes for itself. */
interface ReadFile {
  readonly content: Predictions;
  readonly parts?: ReadonlyArray<{
    readonly firstRow: number;
    readonly rows: number;
    readonly classNames: readonly string[];
  }>;
}

async function readFile(
  file: string,
  requests: readonly ColumnRequest[],
  hashed: boolean,
  { crew, signal, partSize }: Readers,
): Promise<ReadFile> {
  let layout: FileLayout;
  try {
    layout = await layOut(file, signal, partSize);
  } catch (error) {
    if (!(error instanceof RowsUnreadable)) throw error;
    return unusable(`in the predictions, ${error.message}`);
  }
  const { rows } = layout;
  if (rows === 0) return unusable('the predictions have no rows');
  const order = orderFor(file, layout, requests, hashed, crew);
  const answers = await Promise.all(layout.parts.map((part) => crew.read({ ...order, part })));
  const problem = answers.find((answer) => 'problem' in answer);
  if (problem) return unusable(`in the predictions, ${problem.problem}`);
  const { ids, rowHashes, columns } = order;
  const content: Readable = {
    kind: 'rows',
    rows,
    ids: ids?.values,
    rowsHash: rowHashes && hashInAnyOrder(rowHashes.values),
    columns: columns.map(({ request, values }) => ({ request, values })),
  };
  const parts = layout.parts.map((part, index) => ({ ...part, classNames: (answers[index] as { classNames: string[] }).classNames })); // prettier-ignore
  return { content, parts };
}

function unusable(why: string): ReadFile {
  return { content: { kind: 'unusable', why } };
}

/** What to read of each part, and where to put it. */
function orderFor(
  file: string,
  { columns, rows }: FileLayout,
  requests: readonly ColumnRequest[],
  hashed: boolean,
  crew: Crew,
): Omit<PartOrder, 'part'> {
  // One column may be asked for as numbers and as classes.
  const wanted: string[] = [];
  const placeOf = (name: string) => {
    if (!wanted.includes(name)) wanted.push(name);
    return wanted.indexOf(name);
  };
  const find = (role: ColumnRequest['role'] | 'id', name?: string) => {
    const found = nameOf({ role, name }, columns);
    return found === undefined ? undefined : { name: found, place: placeOf(found) };
  };
  const [id, label] = [find('id'), find('label')];
  return {
    file,
    header: columns,
    wanted,
    ids: id && { ...id, values: crew.numbers(rows) },
    rowHashes: hashed && (id ?? label) ? { label: label?.place, values: crew.numbers(rows) } : undefined,
    columns: requests.flatMap((request) => {
      const column = find(request.role, request.name);
      return column ? [{ ...column, request, values: crew.numbers(rows) }] : [];
    }),
  };
}

/** Gives each class its number in the dictionary in place of that in the part. */
function numbered({ content, parts }: ReadFile, classes: ClassDictionary): Predictions {
  if (content.kind === 'unusable') return content;
  const columns = content.columns.filter(({ request }) => request.as === 'class');
  for (const { firstRow, rows, classNames } of parts ?? []) {
    const codes = classNames.map((name) => classes.code(name));
    if (codes.every((code, index) => code === index)) continue;
    for (const { values } of columns) {
      for (let row = firstRow; row < firstRow + rows; row++) values[row] = codes[values[row]!]!;
    }
  }
  return content;
}

function hashInAnyOrder(values: Float64Array): string {
  return createHash('sha256').update(values.sort()).digest('hex');
}
