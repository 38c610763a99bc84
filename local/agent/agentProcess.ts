import { spawn } from 'node:child_process';
import { readLines } from '../lines';
import { signalGroup } from '../processSignals';

export interface ProcessOptions {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
  /** Ends the process as the agent does: SIGINT, then SIGTERM, then the whole tree. */
  signal: AbortSignal;
  /** Milliseconds between SIGINT and SIGTERM, and between SIGTERM and the kill. */
  sigintTimeout: number;
  sigtermTimeout: number;
  /** When it resolves, the agent no longer waits for the process (`task.complete ...;done=true`). */
  abandon: Promise<void>;
}

/** How long the agent waits for the rest of the output when the process itself has gone (ProcessInvoker). */
const drainTimeout = 5000;

/** Runs a process with no input, hands on each line of both its streams, and gives its exit code; null if a signal ended it. */
export async function runProcess(options: ProcessOptions): Promise<number | null> {
  const child = spawn(options.file, options.args, {
    cwd: options.cwd,
    env: { ...options.env, TF_BUILD: 'True' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal reaches only the agent, and the whole tree can be killed.
    detached: true,
  });
  const killTree = () => signalGroup(child.pid, 'SIGKILL');
  // When the agent itself is made to end at once, its steps end with it.
  process.once('exit', killTree);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const drained = Promise.all(
    (['stdout', 'stderr'] as const).map((name) => readLines(child[name], (line) => options.onLine(line, name))),
  );

  const timers: NodeJS.Timeout[] = [];
  const cancel = () => {
    child.kill('SIGINT');
    timers.push(
      setTimeout(() => child.kill('SIGTERM'), options.sigintTimeout),
      setTimeout(killTree, options.sigintTimeout + options.sigtermTimeout),
    );
  };
  options.signal.addEventListener('abort', cancel, { once: true });
  if (options.signal.aborted) cancel();
  try {
    const code = await Promise.race([exited, options.abandon.then(() => 0)]);
    if (child.exitCode !== null || child.signalCode !== null) {
      // Grandchildren may hold the pipes open; the agent does not wait for them for ever.
      timers.push(setTimeout(killTree, drainTimeout));
      await drained;
    } else {
      killTree();
    }
    return code;
  } finally {
    timers.forEach(clearTimeout);
    process.off('exit', killTree);
    options.signal.removeEventListener('abort', cancel);
  }
}
