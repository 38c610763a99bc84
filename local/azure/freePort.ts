import { createServer, type AddressInfo } from 'node:net';

/** The port if it can be listened on, or any free one for 0. Throws a clear error if it is in use. */
export function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is in use by another program. End it, or choose another port for local Azure.`)
          : error,
      );
    });
    probe.listen({ host: '127.0.0.1', port }, () => {
      const found = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
}
