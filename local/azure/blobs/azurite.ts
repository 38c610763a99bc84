import { spawn, type ChildProcessByStdio } from 'node:child_process';
import Module, { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
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

/** Loaded into the process before Azurite. */
const preload = [
  '../processes/end-with-parent.cjs',
  'quick-start.cjs',
  'large-blocks.cjs',
  'small-blobs.cjs',
  'many-blobs.cjs',
  'behind-https.cjs',
];

/**
 * Starts Azurite's blob service as a child process that keeps its data on disk (in memory it grows with each big model,
 * see facts on local components), and waits until it listens.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const child = spawnAzurite(options);
  const forget = recordProcess(options.stateDir, child.pid ?? 0, 'Azurite', { group: true });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      forget();
      resolve();
    });
  });
  return {
    port: await listeningPort(child, options.port),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

type AzuriteProcess = ChildProcessByStdio<Writable, Readable, Readable>;

function spawnAzurite({ stateDir, port, account, accountKey }: AzuriteOptions): AzuriteProcess {
  const location = join(stateDir, 'azurite');
  mkdirSync(location, { recursive: true });
  const args = [
    ...preload.flatMap((file) => ['--require', join(__dirname, file)]),
    createRequire(__filename).resolve('azurite/dist/src/blob/main.js'),
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', location],
    ...['--disableTelemetry', '--silent', '--skipApiVersionCheck'],
  ];
  // What V8 makes of its thousand files is kept where what it makes of ours is.
  const compiled = (Module as { getCompileCacheDir?: () => string | undefined }).getCompileCacheDir?.();
  return spawn(process.execPath, args, {
    cwd: location,
    // A database of the user's own is none of its business.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...(compiled && { NODE_COMPILE_CACHE: compiled }),
      AZURITE_DB: undefined,
      AZURITE_ACCOUNTS: `${account}:${accountKey}`,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group: Ctrl-C in a terminal must not end it before those who still write to it.
    detached: true,
  });
}

/** The port that it says it listens on. Throws with what it said where it ends before. */
function listeningPort(child: AzuriteProcess, asked: number): Promise<number> {
  let output = '';
  return new Promise<number>((resolve, reject) => {
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
            ? `Port ${asked} for the blobs of local Azure is in use. Choose another one.`
            : `Azurite ended with exit code ${code} while it started: ${output.trim()}`,
        ),
      ),
    );
  });
}
