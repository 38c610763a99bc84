import { spawn } from 'node:child_process';
import { recordProcess } from '../../processes/processRecords';
import { signalGroup } from '../../../processSignals';

/** How long a process that was asked to end may take over it. */
const graceInMs = 5000;

export interface UserProcess {
  command: string;
  cwd: string;
  env: Record<string, string>;
  /** For the record of processes to end after a kill. */
  stateDir: string;
  name: string;
  output: (chunk: Buffer) => void;
  signal: AbortSignal;
}

/**
 * Runs a user's command in a shell, in a process group of its own. When the signal fires the whole group is asked to end,
 * then made to. Returns the exit code; 128 + n when a signal n ended it, as shells count.
 */
export function runUserProcess(options: UserProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return resolve(143);
    const child = spawn('/bin/bash', ['-c', options.command], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', reject);
    const pid = child.pid;
    if (pid === undefined) return;
    const forget = recordProcess(options.stateDir, pid, options.name, { group: true });
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      signalGroup(pid, 'SIGTERM');
      timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceInMs);
    };
    options.signal.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', options.output);
    child.stderr.on('data', options.output);
    // What it left in the background would hold the pipes open for ever.
    child.on('exit', () => signalGroup(pid, 'SIGKILL'));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', stop);
      forget();
      resolve(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9));
    });
  });
}
