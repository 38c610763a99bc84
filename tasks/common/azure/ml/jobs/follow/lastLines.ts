const shownLines = 10;

/** A text about how a job ended, with what the job wrote last beneath it. */
export function withLastLines(text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text;
  // What the service reports as an error is often a line of a log, without a full stop.
  const sentence = /[.!?:]$/.test(text) ? text : `${text}.`;
  const shown = lines.slice(-shownLines).map((line) => `\n  ${line}`);
  return `${sentence} The last lines of its log:${shown.join('')}`;
}
