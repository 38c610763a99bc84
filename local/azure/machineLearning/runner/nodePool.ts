/** The nodes of a cluster: whoever asks first is served first. */
export class NodePool {
  private free: number;
  private waiting: Array<{ nodes: number; start: () => void }> = [];

  constructor(readonly size: number) {
    this.free = size;
  }

  get busy(): number {
    return this.size - this.free;
  }

  /** Waits until so many nodes are free and takes them. Returns what gives them back. */
  async take(nodes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.waiting.length > 0 || this.free < nodes) {
      await new Promise<void>((resolve, reject) => {
        const entry = { nodes, start: resolve };
        this.waiting.push(entry);
        signal.addEventListener(
          'abort',
          () => {
            this.waiting = this.waiting.filter((other) => other !== entry);
            reject(signal.reason as Error);
            this.serve();
          },
          { once: true },
        );
      });
    } else this.free -= nodes;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.free += nodes;
      this.serve();
    };
  }

  private serve(): void {
    for (let next = this.waiting[0]; next && next.nodes <= this.free; next = this.waiting[0]) {
      this.waiting.shift();
      this.free -= next.nodes;
      next.start();
    }
  }
}
