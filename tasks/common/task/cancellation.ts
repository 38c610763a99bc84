import { setMaxListeners } from 'node:events';

/** Why a stage was stopped from outside: the pipeline was cancelled, or the step ran into its own time limit. */
export class Cancelled extends Error {
  constructor() {
    super('The task was cancelled: the pipeline was cancelled or the step reached its time limit.');
    this.name = 'Cancelled';
  }
}

/** Between two looks whether the agent is there, in milliseconds. */
const betweenLooks = 1_000;

/**
 * Ends the process when the agent has died: when its process is gone, or nobody reads any more what this one says. Left to itself
 * it would go on unseen, beside the next try; and task-lib, which writes down every error that nobody handles, would write into
 * the broken pipe for ever. What runs in Azure runs on, and the step's next try takes it up.
 */
export function endWithTheAgent(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1));
  const agent = process.ppid;
  setInterval(() => isGone(agent) && process.exit(1), betweenLooks).unref();
}

/**
 * Resolves when all that this process has said so far has gone out. Else the pipe's error comes only when the code that runs has
 * come to a pause, and by then it may have sent a request.
 */
export function untilSaid(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => setImmediate(resolve)));
}

/** An orphan is given another parent, but on Windows. */
function isGone(parent: number): boolean {
  if (process.ppid !== parent) return true;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    // It may be another user's.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Listens to the agent. It sends SIGINT (on Windows Ctrl+C) and, 7.5 s later, SIGTERM (Ctrl+Break), then kills.
 * Source: azure-pipelines-agent, ProcessInvoker.cs.
 */
export function cancellation(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  // Every request under way listens to it; Node would take more than ten for a leak and warn of it in the step's log.
  setMaxListeners(0, controller.signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const;
  const onSignal = () => controller.abort(new Cancelled());
  for (const each of signals) process.on(each, onSignal);
  return {
    signal: controller.signal,
    dispose: () => signals.forEach((each) => process.removeListener(each, onSignal)),
  };
}
