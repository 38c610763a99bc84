/**
 * Where a stage says what it does. Nothing given to these functions can command the agent or forge how the log looks, so text
 * that a job, a build or an endpoint printed may be passed on as it is.
 */
export interface TaskLog {
  /** One or more lines. */
  info(text: string): void;
  /** Shown only when the pipeline runs with System.Debug. */
  debug(text: string): void;
  /** A warning that shows on the run's page; the agent keeps the first ten of a step. */
  warning(text: string): void;
  /** Red in the log and listed on the run's page; it does not by itself fail the task. */
  error(text: string): void;
  /** Lines up to endGroup fold away under the title. */
  group(title: string): void;
  endGroup(): void;
  /** 0 to 100; the agent never lets it go back. */
  progress(percent: number, operation: string): void;
  /** Resolves when the agent has taken what was said so far: whoever says a lot waits for it, else all of it lies in memory. */
  taken(): Promise<void>;
}
