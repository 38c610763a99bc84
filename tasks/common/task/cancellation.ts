import { setMaxListeners } from 'node:events';

/** Why a stage was stopped from outside: the pipeline was cancelled, or the step ran into its own time limit. */
export class Cancelled extends Error {
  constructor() {
    super('The task was cancelled: the pipeline was cancelled or the step reached its time limit.');
    this.name = 'Cancelled';
  }
}

/**
 * Ends the process when nobody reads what it says any more: the agent has died. Left to itself it would go on unseen, and
 * task-lib, which writes down every error that nobody handles, would write into the broken pipe for ever. What runs in Azure runs
 * on, and the step's next try takes it up.
 */
export function endWithTheAgent(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1));
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
