import type { Dispatcher } from 'undici';

/** Told when an answer is in, or is known not to come: then `error` says why, e.g. "503" or "ECONNRESET". */
export type Finished = (connection: Connection, error: string | undefined) => void;

/**
 * One connection and the request that is under way on it; reused, so that a request costs no objects of ours. It speaks
 * undici's inner handler interface: the documented one parses all headers of every answer into an object, which nobody
 * reads here and which costs a tenth of the highest rate. undici is pinned to an exact version.
 */
export class Connection {
  /** The moment (performance.now) from which the latency of the request under way counts. */
  since = 0;
  isBusy = false;
  private status = 0;

  constructor(
    private readonly client: Dispatcher,
    private readonly finished: Finished,
  ) {}

  send(request: Dispatcher.DispatchOptions, since: number): void {
    this.since = since;
    this.status = 0;
    this.isBusy = true;
    this.client.dispatch(request, this);
  }

  onConnect(): void {}

  onHeaders(status: number): boolean {
    this.status = status;
    return true;
  }

  onData(): boolean {
    return true;
  }

  onComplete(): void {
    const { status } = this;
    this.isBusy = false;
    this.finished(this, status >= 200 && status < 300 ? undefined : String(status));
  }

  onError(error: Error & { code?: string }): void {
    // Not within undici's own call: the next request may be sent only after it has cleaned up.
    setImmediate(() => {
      this.isBusy = false;
      this.finished(this, error.code ?? error.name);
    });
  }
}
