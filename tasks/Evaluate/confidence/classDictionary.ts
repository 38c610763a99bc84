/** Codes of class labels: `1`, `1.0` and `true` are one class, and so in both models' files. */
export class ClassDictionary {
  private readonly codes = new Map<string, number>();

  constructor(names: readonly string[] = []) {
    for (const name of names) this.code(name);
  }

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

/** The name by which a class is known, however it is written. */
export function className(text: string): string {
  // What most rows have: a number as short as it can be written.
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d{0,5}[1-9])?$/.test(text) && text.length <= 16 && text !== '-0') return text;
  const word = text.trim();
  if (/^true$/i.test(word)) return '1';
  if (/^false$/i.test(word)) return '0';
  const number = Number(word);
  return word === '' || Number.isNaN(number) ? word : String(number);
}
