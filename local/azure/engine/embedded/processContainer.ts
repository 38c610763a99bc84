import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { recordProcess } from '../../processes/processRecords';
import { onLines } from '../../../lines';
import { signalGroup } from '../../../processSignals';
import { attachedTo } from '../attachedProgram';
import type { AttachedProgram, ContainerExit, RunningContainer } from '../engine';

export interface ContainerProcess {
  name: string;
  program: string;
  args: string[];
  directory: string;
  environment: Record<string, string>;
  stateDir: string;
  /** Gets whole lines. */
  output(stream: 'stdout' | 'stderr', line: string): void;
  /** Resolves a command of a probe as the container's own was. */
  resolve(command: string[]): { program: string; args: string[] } | undefined;
  /** Starts to watch the memory of the process group; returns what ends the watch. */
  watchMemory(group: number, exceeded: () => void): () => void;
  ended(): void;
}

/** A container as a process group. When its first process ends, the whole group does. */
export class ProcessContainer implements RunningContainer {
  readonly startTime = new Date();
  readonly exited: Promise<ContainerExit>;
  private readonly child: ChildProcess;
  private outOfMemory = false;

  constructor(private readonly container: ContainerProcess) {
    const { program, args, directory, environment, stateDir, name } = container;
    mkdirSync(directory, { recursive: true });
    const child = spawn(program, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    const group = child.pid;
    const forget = group ? recordProcess(stateDir, group, `container ${name}`, { group: true }) : () => undefined;
    const unwatch = group
      ? container.watchMemory(group, () => {
          this.outOfMemory = true;
          this.endGroup();
        })
      : () => undefined;
    for (const stream of ['stdout', 'stderr'] as const) {
      onLines(child[stream], (line, isEnded) => container.output(stream, isEnded ? `${line}\n` : line));
    }
    this.exited = new Promise((resolve) => {
      let exitCode = 0;
      const settle = (): void => {
        unwatch();
        forget();
        container.ended();
        resolve({ exitCode, finishTime: new Date(), outOfMemory: this.outOfMemory });
      };
      child.once('error', (error) => {
        container.output('stderr', `${error.message}\n`);
        exitCode = 127;
        settle();
      });
      child.once('exit', (code, signal) => {
        exitCode = code ?? 128 + (signals[signal ?? ''] ?? 0);
        // What it left behind, which also may hold the output open.
        this.endGroup();
      });
      child.once('close', settle);
    });
  }

  async stop(graceInSeconds: number): Promise<void> {
    // As in a container, only the first process is told.
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.endGroup(), graceInSeconds * 1000);
    await this.exited;
    clearTimeout(timer);
  }

  execute(command: string[], timeoutInSeconds: number): Promise<number> {
    const resolved = this.container.resolve(command);
    if (!resolved) return Promise.resolve(127);
    const { directory: cwd, environment: env } = this.container;
    return new Promise((resolve) => {
      const child = spawn(resolved.program, resolved.args, { cwd, env, stdio: 'ignore', detached: true });
      const timer = setTimeout(() => {
        signalGroup(child.pid, 'SIGKILL');
        resolve(124);
      }, timeoutInSeconds * 1000);
      child.once('error', () => {
        clearTimeout(timer);
        resolve(127);
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        signalGroup(child.pid, 'SIGKILL');
        resolve(code ?? 137);
      });
    });
  }

  attach(program: string): AttachedProgram | undefined {
    const resolved = this.container.resolve([program]);
    if (!resolved) return undefined;
    const { directory: cwd, environment: env } = this.container;
    const child = spawn(resolved.program, resolved.args, { cwd, env, stdio: 'pipe', detached: true });
    const attached = attachedTo(child);
    // It ends with its container.
    void this.exited.then(() => attached.end());
    return attached;
  }

  private endGroup(): void {
    signalGroup(this.child.pid, 'SIGKILL');
  }
}

const signals: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};
