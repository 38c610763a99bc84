/** What a column of predictions means, and the names by which it goes. */
const columnNames = {
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

/** One model's rows, as far as they were asked for. Plain data, which the members of a crew share. */
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
  readonly columns: ReadonlyArray<{ readonly request: ColumnRequest; readonly values: Float64Array }>;
}

/** What the column is called among those of a file: by the first of its names that the file has; undefined where it has none. */
export function nameOf(
  { role, name: own }: { readonly role: ColumnRequest['role'] | 'id'; readonly name?: string },
  columns: readonly string[],
): string | undefined {
  if (role === 'own') return columns.find((column) => column === own);
  return columnNames[role].map((name) => columns.find((column) => column.toLowerCase() === name)).find((name) => name !== undefined); // prettier-ignore
}

export function columnOf({ columns }: Readable, { role, name, as }: ColumnRequest): Float64Array | undefined {
  return columns.find(({ request }) => request.role === role && request.name === name && request.as === as)?.values;
}
