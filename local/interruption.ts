/** npm hands on the Ctrl-C that the terminal has already given to everyone, so one may come several times; in milliseconds. */
const echo = 500;

const usualMessage =
  'Cancelling: the step gets 10 s to end, then the servers and containers stop. Press Ctrl-C again to stop them at once.';

/** Ctrl-C and its kin: the first asks for an orderly end, the second forces it. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  #force: () => void = () => {};
  #first = 0;

  /** @param message what is said at the first */
  constructor(private readonly message = usualMessage) {
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What is to be ended without waiting for it when the user asks twice. */
  onForce(force: () => void): void {
    this.#force = force;
  }

  /** As Ctrl-C does, for a reason of its own. */
  end(reason: Error): void {
    this.#controller.abort(reason);
  }

  dispose(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.signal.aborted) {
      if (Date.now() - this.#first < echo) return;
      this.#force();
      process.exit(130);
    }
    this.#first = Date.now();
    console.error(`\n${this.message}`);
    this.#controller.abort();
  };
}
