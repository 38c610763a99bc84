import { setTimeout as sleep } from 'node:timers/promises';
import { obeyCommand } from './commandHandlers';
import { runProcess } from './agentProcess';
import type { StepContext } from './stepContext';
import type { TaskResult } from './taskResult';
import { messageOf } from '../messageOf';

export interface StepRunOptions {
  displayName: string;
  /** Cancels the job. */
  signal?: AbortSignal;
  timeoutInMinutes?: number;
  retryCountOnTaskFailure?: number;
}

/** An agent retries a failed task no more often than this. */
const maxRetries = 10;
/** `task.complete ...;done=true` gives the process this long to end by itself, in milliseconds. */
const graceAfterDone = 5000;

/**
 * Runs the body of a step as the agent's StepsRunner does: what it throws is an error of the step, a cancelled job or a
 * passed timeout ends it, and a failure may be tried again. The body gets the signal of both.
 */
export async function runStep(
  context: StepContext,
  options: StepRunOptions,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<TaskResult> {
  const timeout = options.timeoutInMinutes ? AbortSignal.timeout(options.timeoutInMinutes * 60_000) : undefined;
  const signal = AbortSignal.any([options.signal, timeout].filter((source) => source !== undefined));
  const onCancel = () => context.error('The Operation will be canceled. The next steps may not contain expected logs.');
  options.signal?.addEventListener('abort', onCancel, { once: true });
  context.section(`Starting: ${options.displayName}`);
  try {
    await tryRepeatedly(context, options.retryCountOnTaskFailure ?? 0, signal, () => body(signal));
    if (signal.aborted) throw new Error('The operation was canceled.');
  } catch (error) {
    if (options.signal?.aborted) {
      context.error(messageOf(error));
      context.result = 'canceled';
    } else {
      context.error(timeout?.aborted ? 'The task has timed out.' : messageOf(error));
      context.result = 'failed';
    }
  } finally {
    options.signal?.removeEventListener('abort', onCancel);
  }
  const result = context.complete();
  context.section(`Finishing: ${options.displayName}`);
  return result;
}

async function tryRepeatedly(
  context: StepContext,
  asked: number,
  signal: AbortSignal,
  body: () => Promise<void>,
): Promise<void> {
  const retries = Math.min(asked, maxRetries);
  for (let attempt = 1; ; attempt++) {
    try {
      await body();
      if (context.result !== 'failed' || attempt > retries) return;
    } catch (error) {
      if (attempt > retries || signal.aborted) throw error;
    }
    // The agent's RetryHelper waits 1, 4, 9, ... seconds.
    const delay = attempt ** 2 * 1000;
    context.warning(`The step failed; attempt ${attempt + 1} of ${retries + 1} starts in ${delay / 1000} s.`);
    await sleep(delay, undefined, { signal });
    context.startAttempt();
  }
}

export interface StepProcess {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Gets what it writes to its standard error stream, besides the log. */
  onErrorLine?(line: string): void;
}

/** Runs a process of the step, obeys the logging commands in its output and logs the rest; gives its exit code. */
export function runStepProcess(context: StepContext, start: StepProcess, signal: AbortSignal): Promise<number | null> {
  const { variables } = context.options;
  return runProcess({
    ...start,
    signal,
    onLine: (line, stream) => {
      if (stream === 'stderr') start.onErrorLine?.(line);
      context.rawOutput.push(line);
      if (!obeyCommand(context, line)) context.write(line);
    },
    sigintTimeout: Number(variables.get('PROCESS_SIGINT_TIMEOUT') ?? 7500),
    sigtermTimeout: Number(variables.get('PROCESS_SIGTERM_TIMEOUT') ?? 2500),
    abandon: context.completed.then(() => sleep(graceAfterDone, undefined, { ref: false })),
  });
}
