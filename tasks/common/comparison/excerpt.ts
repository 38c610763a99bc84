/** So much of a text stands in a sentence. */
const longest = 200;

/** The beginning of a text, on one line. An ellipsis says that it was cut: Secrets looks for it. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
