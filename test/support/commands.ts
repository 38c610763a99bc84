import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

export interface CommandResult {
  code: number | null;
  /** Both streams, in the order in which they came. */
  output: string;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandResult>;
  /** Resolves as soon as the text was printed; rejects if the command ends without. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program of this project as its npm script does. */
export function startCommand(script: string, args: string[] = [], environment: NodeJS.ProcessEnv = {}): RunningCommand {
  return startProgram([process.execPath, 'scripts/run.mjs', script, ...args], environment);
}

/** Starts any program, in the folder of this project unless another is given. */
export function startProgram(
  [program, ...args]: string[],
  environment: NodeJS.ProcessEnv = {},
  folder = root,
): RunningCommand {
  const child = spawn(program!, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      listeners.forEach((listener) => listener());
    });
  }
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended without printing '${text}':\n${output}`)));
    });
  return { pid: child.pid!, ended, printed, kill: (signal) => child.kill(signal) };
}

/** Runs a script of this project to its end. */
export function runCommand(
  script: string,
  args: string[] = [],
  environment?: NodeJS.ProcessEnv,
): Promise<CommandResult> {
  return startCommand(script, args, environment).ended;
}
