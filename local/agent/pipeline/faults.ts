/** A fault in a pipeline file, said with the place where it is. */
export class PipelineError extends Error {
  constructor(
    readonly place: { file: string; line: number },
    trail: string,
    message: string,
  ) {
    super(`${place.file}:${place.line}${trail === '' ? '' : `, ${trail}`}: ${message}`);
  }
}

/** Collects the faults of a pipeline, so that all of them are said at once. */
export class Faults {
  readonly #messages = new Set<string>();
  readonly #lines = new Set<string>();
  /** Lines that could not be worked out: what is missing there is no fault of its own. */
  #lost = new Set<string>();

  /** Goes on after a fault in the pipeline; what was to be read is left out. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      const line = `${error.place.file}:${error.place.line}`;
      if (!this.#lost.has(line)) this.#messages.add(error.message);
      this.#lines.add(line);
      return undefined;
    }
  }

  /** From here on the faults are those of a document that lacks the faulty lines. */
  startReading(): void {
    this.#lost = new Set(this.#lines);
  }

  get any(): boolean {
    return this.#messages.size > 0;
  }

  throwIfAny(): void {
    if (this.any) throw new Error([...this.#messages].join('\n'));
  }
}
