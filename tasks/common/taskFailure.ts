import type { HelpTopic } from './troubleshooting';

/**
 * A failure that the user can act on. Its message is shown as it is, without a stack: it names the input or thing at
 * fault, says what was wrong, and what to do.
 */
export class TaskFailure extends Error {
  /** What treats the remedy at length, where a sentence cannot hold it; that of the cause, where it has none of its own. */
  readonly help?: HelpTopic;

  /**
   * @param problem what is wrong, a whole sentence
   * @param remedy what to do about it, a whole sentence; omit it only where the problem says so already
   */
  constructor(
    problem: string,
    readonly remedy?: string,
    options: { cause?: unknown; help?: HelpTopic } = {},
  ) {
    const { cause, help } = options;
    super(remedy ? `${problem} ${remedy}` : problem, 'cause' in options ? { cause } : undefined);
    this.name = 'TaskFailure';
    this.help = help ?? (cause instanceof TaskFailure ? cause.help : undefined);
  }
}
