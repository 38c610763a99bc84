import type { ChildProcess } from 'node:child_process';
import { signalGroup } from '../../processSignals';
import type { AttachedProgram } from './engine';

/** A program of a container as the process group that it is here, with pipes for all three of its streams. */
export function attachedTo(child: ChildProcess): AttachedProgram {
  // Who has ended reads nothing any more.
  child.stdin?.on('error', () => undefined);
  return {
    write: (text) => void child.stdin?.write(text),
    close: () => void child.stdin?.end(),
    interrupt: () => signalGroup(child.pid, 'SIGINT'),
    end: () => signalGroup(child.pid, 'SIGKILL'),
    output: (show) => {
      child.stdout?.on('data', show);
      child.stderr?.on('data', show);
    },
    ended: new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('close', () => resolve());
    }),
  };
}
