import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { basename } from 'node:path';
import type { ImagePaths } from './imagePaths';
import { PortForwarder } from './portForwarder';

export interface NetworkRequest {
  /** The group's. */
  address: string;
  ports: number[];
  args: string[];
  /** Absolute, on this machine: where relative programs of the command are looked for. */
  directory: string;
  environment: Record<string, string>;
  log: (line: string) => void;
}

export interface ContainerNetwork {
  args: string[];
  environment: Record<string, string>;
  close(): void;
}

/**
 * Fits a container's command and variables to the group's address. Python obeys LOCAL_AZURE_GROUP_ADDRESS by itself (see
 * python/sitecustomize.py). A program of another kind listens wherever it is told to, so what it is told is changed: this
 * machine's localhost, or any address, becomes the group's, and each declared port, where it stands as a whole word, a free one,
 * which is reached by a forwarder at the declared port.
 */
export async function fitNetwork(paths: ImagePaths, request: NetworkRequest): Promise<ContainerNetwork> {
  const { address, ports, log } = request;
  const environment: Record<string, string> = { ...request.environment, LOCAL_AZURE_GROUP_ADDRESS: address };
  const program = nativeProgram(paths, request, environment.PATH ?? '');
  if (!program) return { args: request.args, environment, close: () => undefined };

  const replacements = new Map<number, number>();
  const forwarders: PortForwarder[] = [];
  for (const port of ports) {
    const free = await freePort(address);
    replacements.set(port, free);
    log(`${program} gets port ${free} in place of ${port}, which is reached at ${address}:${port}`);
    forwarders.push(
      new PortForwarder(address, port, free, (error) => log(`${address}:${port} cannot be opened: ${error.message}`)),
    );
  }
  const fit = (text: string): string => {
    let fitted = text.replace(/(?<![\w.-])(127\.0\.0\.1|0\.0\.0\.0|localhost)(?![\w./-])/g, address);
    for (const [port, free] of replacements) {
      fitted = fitted.replace(new RegExp(`(?<![\\w.-])${port}(?![\\w.-])`, 'g'), String(free));
    }
    return fitted;
  };
  return {
    args: request.args.map(fit),
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fit(value)])),
    close: () => forwarders.forEach((forwarder) => forwarder.close()),
  };
}

/** The name of a program of the image itself that the command starts, and that is neither Python nor a script. */
function nativeProgram(paths: ImagePaths, { args, directory }: NetworkRequest, searchPath: string): string | undefined {
  const words = args.flatMap((argument) => argument.split(/[\s"';|&()]+/)).filter(Boolean);
  for (const word of words) {
    const found = paths.findProgram(word, searchPath, directory);
    if (!found?.startsWith(`${paths.root}/`)) continue;
    const real = realpathSync(found);
    if (!/^python[\d.]*$/.test(basename(real)) && isBinary(real)) return basename(found);
  }
  return undefined;
}

function isBinary(file: string): boolean {
  const head = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, 4, 0);
  } finally {
    closeSync(descriptor);
  }
  const magic = head.toString('hex');
  return magic === '7f454c46' || /^(cf|ce)faedfe$|^cafebabe$/.test(magic);
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: address, port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
