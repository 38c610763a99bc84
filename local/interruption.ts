/** Ctrl-C and its kin: the first asks for an orderly end, the second forces it. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  #force: () => void = () => {};

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What is to be ended without waiting for it when the user asks twice. */
  onForce(force: () => void): void {
    this.#force = force;
  }

  end(): void {
    this.#controller.abort();
  }

  dispose(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.signal.aborted) {
      this.#force();
      process.exit(130);
    }
    console.error(
      '\nCancelling: the step gets 10 s to end, then the servers and containers end. Again to end them at once.',
    );
    this.end();
  };
}
