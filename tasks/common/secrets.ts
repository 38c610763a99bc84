/** Shorter values ("true", "json") are in every text: hiding them would hide all. */
const shortest = 6;

/**
 * What a task knows and nobody may see. Others may send it back, in an error text for one; the agent masks its log, but
 * not the files that it uploads: test results, summaries, records, the log of a build.
 */
export class Secrets {
  readonly values: readonly string[];
  private readonly spellings: readonly string[];

  constructor(values: Iterable<string>) {
    this.values = [...new Set(values)].filter((each) => each.length >= shortest);
    const spellings = this.values.flatMap((each) => [
      each,
      encodeURIComponent(each),
      JSON.stringify(each).slice(1, -1),
    ]);
    this.spellings = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  }

  /** The text with *** in place of every secret, and of the start of one where an ellipsis says that the text was cut. */
  hide(text: string): string {
    return this.spellings.reduce((shown, secret) => {
      let hidden = shown.replaceAll(secret, '***');
      for (let length = secret.length - 1; length >= shortest && hidden.includes('…'); length--)
        hidden = hidden.replaceAll(`${secret.slice(0, length)}…`, '***…');
      return hidden;
    }, text);
  }
}
