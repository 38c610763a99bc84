/** A value of a request as an error names it, and as a program gets it: a text as it stands, all else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
