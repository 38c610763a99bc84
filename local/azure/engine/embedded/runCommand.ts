import { spawn } from 'node:child_process';
import { recordProcess } from '../../processes/processRecords';
import { onLines } from '../../../lines';
import { signalGroup } from '../../../processSignals';

export interface Command {
  /** Absolute path of the program, and its arguments. */
  program: string;
  args: string[];
  directory: string;
  environment: Record<string, string>;
  /** What it is, for the person who reads the log of a former run's leftovers. */
  name: string;
  stateDir: string;
  signal: AbortSignal;
  /** Gets whole lines with their line break, of both streams. */
  output(line: string): void;
}

/** Runs a command as a process group of its own, which is ended when the signal is aborted. Returns its exit code. */
export function runCommand(command: Command): Promise<number> {
  return new Promise((resolve, reject) => {
    command.signal.throwIfAborted();
    const child = spawn(command.program, command.args, {
      cwd: command.directory,
      env: command.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const forget = child.pid
      ? recordProcess(command.stateDir, child.pid, command.name, { group: true })
      : () => undefined;
    const end = (): void => signalGroup(child.pid, 'SIGKILL');
    command.signal.addEventListener('abort', end, { once: true });
    for (const stream of [child.stdout, child.stderr]) onLines(stream, (line) => command.output(`${line}\n`));
    child.once('error', (error) => {
      forget();
      reject(error);
    });
    child.once('close', (code, signal) => {
      command.signal.removeEventListener('abort', end);
      // What it left in the background ends with it, as the build's container would.
      end();
      forget();
      if (command.signal.aborted) reject(command.signal.reason as Error);
      else resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15));
    });
  });
}
