import { connect, createServer, type Server, type Socket } from 'node:net';

/** How often the target is asked whether it listens by now, in milliseconds. */
const interval = 50;

/**
 * Listens at a port of the group's address for a program that listens at another one. It opens as soon as the program does, so
 * that a connection before that is refused, as it would be without it.
 */
export class PortForwarder {
  private server: Server | undefined;
  private closed = false;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly address: string,
    private readonly port: number,
    private readonly target: number,
    private readonly failed: (error: Error) => void,
  ) {
    void this.open();
  }

  close(): void {
    this.closed = true;
    this.server?.close();
    this.sockets.forEach((socket) => socket.destroy());
  }

  private async open(): Promise<void> {
    while (!this.closed && !(await this.targetListens()))
      await new Promise((resolve) => setTimeout(resolve, interval).unref());
    if (this.closed) return;
    this.server = createServer({ allowHalfOpen: true }, (incoming) => {
      const outgoing = connect({ host: this.address, port: this.target, allowHalfOpen: true });
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.sockets.add(from);
        from.setNoDelay(true);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    this.server.on('error', this.failed);
    this.server.listen({ host: this.address, port: this.port });
  }

  private targetListens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.address, port: this.target });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }
}
