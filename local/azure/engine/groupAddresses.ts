import { createServer, type Server } from 'node:net';

/** No address of this machine is free for a group; the message says why. */
export class NoAddressError extends Error {}

/**
 * Whoever listens here has the address. The system gives a port to only one process and takes it back when that ends, so that
 * two local Azures on one machine never give out the same address, and one that was killed keeps none.
 */
const guardPort = 47_901;

/** Other systems than Linux have only 127.0.0.1. */
const shared = process.platform !== 'linux';

interface Reservation {
  address: string;
  ports: number[];
  guard?: Server;
}

/**
 * Gives each running group a loopback address of its own: 127.0.0.1, else the next. Other systems than Linux have only
 * 127.0.0.1, which groups then share as long as their ports differ.
 */
export class GroupAddresses {
  private readonly taken = new Map<string, Reservation>();

  /**
   * @param ports all that the group's containers say they listen at
   * @param former the address that the group had, which it gets again if that is free
   * @throws NoAddressError
   */
  async reserve(uid: string, ports: number[], former?: string): Promise<string> {
    if (await this.keeps(uid, ports, former)) return former!;
    this.release(uid);
    let refusal = '';
    const all = Array.from({ length: shared ? 1 : 254 }, (_, index) => `127.0.0.${index + 1}`);
    for (const address of new Set(former ? [former, ...all] : all)) {
      if (this.isTaken(address, ports)) {
        refusal ||= `port ${ports.join(', ')} is in use by another container group, and this system has no address but ${address}`;
        continue;
      }
      // Reserved before the ports are tried, so that two groups do not try the same address at once.
      const reservation: Reservation = { address, ports };
      this.taken.set(uid, reservation);
      const guard = shared ? undefined : await listen(address, guardPort);
      if (guard && 'code' in guard) {
        this.taken.delete(uid);
        refusal = 'another local Azure has taken the addresses of this machine';
        continue;
      }
      reservation.guard = guard?.server;
      const failed = await firstUnusable(address, ports);
      if (!failed) return address;
      this.release(uid);
      if (failed.code === 'EACCES') throw forbiddenPort(failed);
      refusal = `port ${failed.port} is in use at ${address}${address === all[0] ? '' : ' and all addresses before it'}`;
    }
    throw new NoAddressError(refusal);
  }

  /** Whether the group still holds its address, and can have these ports there. */
  private async keeps(uid: string, ports: number[], former: string | undefined): Promise<boolean> {
    const held = this.taken.get(uid);
    if (held === undefined || held.address !== former || shared) return false;
    if (await firstUnusable(held.address, ports)) return false;
    held.ports = ports;
    return true;
  }

  /** By another group; where all share one address, only its ports are. */
  private isTaken(address: string, ports: number[]): boolean {
    return [...this.taken.values()]
      .filter((other) => other.address === address)
      .some((other) => !shared || other.ports.some((port) => ports.includes(port)));
  }

  /** What one group holds, another holds from now on: nobody else gets the address in between. */
  handOver(from: string, to: string): void {
    const held = this.taken.get(from);
    if (!held || from === to) return;
    this.taken.delete(from);
    this.taken.set(to, held);
  }

  release(uid: string): void {
    this.taken.get(uid)?.guard?.close();
    this.taken.delete(uid);
  }

  releaseAll(): void {
    for (const uid of [...this.taken.keys()]) this.release(uid);
  }
}

const forbiddenPort = ({ port, code }: { port: number; code: string }): NoAddressError =>
  new NoAddressError(`the user of local Azure may not listen at port ${port} of this machine (${code})`);

async function firstUnusable(address: string, ports: number[]): Promise<{ port: number; code: string } | undefined> {
  for (const port of ports) {
    const probe = await listen(address, port);
    if ('code' in probe) return { port, code: probe.code };
    await new Promise((resolve) => probe.server.close(resolve));
  }
  return undefined;
}

async function listen(address: string, port: number): Promise<{ server: Server } | { code: string }> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    // It keeps no process alive.
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    server.listen({ host: address, port, exclusive: true }, () => resolve({ server }));
  });
}
