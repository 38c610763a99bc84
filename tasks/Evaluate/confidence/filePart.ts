/** Rows that lie side by side in a file, and can be read without the rest of it. */
export interface FilePart {
  /** Bytes; `end` is the first one that is not in it. */
  readonly start: number;
  readonly end: number;
  /** Rows of the file before it, and within. */
  readonly firstRow: number;
  readonly rows: number;
  /** Lines of the file before it. */
  readonly linesBefore: number;
}
