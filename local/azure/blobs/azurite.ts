import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recordProcess } from '../processes/processRecords';

export interface Azurite {
  port: number;
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  stateDir: string;
  /** 0 = any free port. */
  port: number;
  account: string;
  /** Base64, as an account's key is. */
  accountKey: string;
}

/**
 * Starts Azurite's blob service as a child process that keeps its data on disk (in memory it grows with each big model,
 * see facts on local components), and waits until it listens.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const location = join(options.stateDir, 'azurite');
  mkdirSync(location, { recursive: true });
  const main = createRequire(__filename).resolve('azurite/dist/src/blob/main.js');
  const preload = [
    '../processes/end-with-parent.cjs',
    'quick-start.cjs',
    'large-blocks.cjs',
    'many-blobs.cjs',
    'behind-https.cjs',
  ];
  const args = [
    ...preload.flatMap((file) => ['--require', join(__dirname, file)]),
    main,
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(options.port),
    '--location',
    location,
  ];
  const child = spawn(process.execPath, [...args, '--disableTelemetry', '--silent', '--skipApiVersionCheck'], {
    cwd: location,
    // A database of the user's own is none of its business.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      AZURITE_DB: undefined,
      AZURITE_ACCOUNTS: `${options.account}:${options.accountKey}`,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group: Ctrl-C in a terminal must not end it before those who still write to it.
    detached: true,
  });
  const forget = recordProcess(options.stateDir, child.pid ?? 0, 'Azurite', { group: true });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      forget();
      resolve();
    });
  });
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const match = /successfully listens? on http:\/\/[^:\s]+:(\d+)/i.exec(output);
      if (match) resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(
        new Error(
          /EADDRINUSE/.test(output)
            ? `Port ${options.port} for the blobs of local Azure is in use. Choose another one.`
            : `Azurite ended with exit code ${code} while it started: ${output.trim()}`,
        ),
      ),
    );
  });
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}
