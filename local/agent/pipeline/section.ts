/** A fault in a pipeline file, said with the place where it is. */
export class PipelineError extends Error {
  constructor(place: string, message: string) {
    super(`${place}: ${message}`);
  }
}

/** One mapping of a pipeline file, read field by field. All scalars of the file are text. */
export class Section {
  readonly #fields: Record<string, unknown>;

  constructor(
    /** As an error names it: `stage Build, job Train, step 2`. */
    readonly place: string,
    fields: unknown,
  ) {
    if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) {
      throw new PipelineError(place, `a mapping is expected, and this is ${describe(fields)}.`);
    }
    this.#fields = fields as Record<string, unknown>;
  }

  has(key: string): boolean {
    return key in this.#fields;
  }

  get keys(): string[] {
    return Object.keys(this.#fields);
  }

  raw(key: string): unknown {
    return this.#fields[key];
  }

  /** Refuses keys that Azure Pipelines does not have here, and says of the others why they cannot be used here. */
  allow(known: string[], unsupported: Record<string, string> = {}): void {
    for (const key of this.keys) {
      if (key in unsupported) throw this.error(`'${key}' ${unsupported[key]}`);
      if (!known.includes(key)) throw this.error(`unexpected '${key}'. Known here: ${known.join(', ')}.`);
    }
  }

  text(key: string): string | undefined {
    const value = this.#fields[key];
    if (value === undefined) return undefined;
    if (typeof value === 'object') throw this.error(`'${key}' must be a text, and is ${describe(value)}.`);
    return String(value);
  }

  boolean(key: string, preset: boolean): boolean {
    const text = this.text(key)?.toLowerCase();
    if (text === undefined || text === '') return preset;
    if (text !== 'true' && text !== 'false') throw this.error(`'${key}' must be true or false, and is '${text}'.`);
    return text === 'true';
  }

  number(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0)) throw this.error(`'${key}' must be a number, and is '${text}'.`);
    return value;
  }

  /** A list of texts; a single text stands for a list of one. */
  texts(key: string): string[] | undefined {
    const value = this.#fields[key];
    if (value === undefined) return undefined;
    return (Array.isArray(value) ? (value as unknown[]) : value === '' ? [] : [value]).map(String);
  }

  list(key: string): unknown[] {
    const value = this.#fields[key] ?? [];
    if (value === '') return [];
    if (!Array.isArray(value)) throw this.error(`'${key}' must be a list, and is ${describe(value)}.`);
    return value as unknown[];
  }

  /** A mapping of texts, such as `env` or `inputs`. */
  map(key: string): Record<string, string> {
    const value = this.#fields[key];
    if (value === undefined || value === '') return {};
    const section = new Section(`${this.place}, ${key}`, value);
    return Object.fromEntries(section.keys.map((name) => [name, section.text(name)!]));
  }

  error(message: string): PipelineError {
    return new PipelineError(this.place, message);
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a mapping';
  return value === '' || value === null || value === undefined ? 'empty' : `'${String(value)}'`;
}
