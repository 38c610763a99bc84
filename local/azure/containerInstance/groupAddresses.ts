import { createServer } from 'node:net';

/** No address of this machine is free for a group; the message says why. */
export class NoAddressError extends Error {}

/**
 * Gives each running group a loopback address of its own: 127.0.0.1, else the next. Other systems than Linux have 127.0.0.1
 * alone, which groups then share as long as their ports differ.
 */
export class GroupAddresses {
  private readonly taken = new Map<string, { address: string; ports: number[] }>();

  /** `ports`: all that the group's containers say they listen at. Throws a NoAddressError. */
  async reserve(uid: string, ports: number[]): Promise<string> {
    this.release(uid);
    const shared = process.platform !== 'linux';
    let refusal = '';
    for (let last = 1; last <= (shared ? 1 : 254); last++) {
      const address = `127.0.0.${last}`;
      const others = [...this.taken.values()].filter((other) => other.address === address);
      const busy = others.some((other) => !shared || other.ports.some((port) => ports.includes(port)));
      if (busy) {
        refusal ||= `port ${ports.join(', ')} is in use by another container group, and this system has no address but ${address}`;
        continue;
      }
      // Reserved before the ports are tried, so that two groups do not try the same address at once.
      this.taken.set(uid, { address, ports });
      const failed = await firstUnusable(address, ports);
      if (!failed) return address;
      this.taken.delete(uid);
      if (failed.code === 'EACCES') {
        throw new NoAddressError(
          `the user of local Azure may not listen at port ${failed.port} of this machine (${failed.code})`,
        );
      }
      refusal = `port ${failed.port} is in use at ${address}${last > 1 ? ' and all addresses before it' : ''}`;
    }
    throw new NoAddressError(refusal);
  }

  release(uid: string): void {
    this.taken.delete(uid);
  }
}

async function firstUnusable(address: string, ports: number[]): Promise<{ port: number; code: string } | undefined> {
  for (const port of ports) {
    const code = await new Promise<string | undefined>((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    });
    if (code) return { port, code };
  }
  return undefined;
}
