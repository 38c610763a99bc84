/**
 * A failure that the user can act on. Its message is shown as it is, without a stack: it names the input or thing at
 * fault, says what was wrong, and what to do.
 */
export class TaskFailure extends Error {
  /**
   * @param problem what is wrong, a whole sentence
   * @param remedy what to do about it, a whole sentence; omit it only where the problem says so already
   */
  constructor(
    problem: string,
    readonly remedy?: string,
    options?: { cause?: unknown },
  ) {
    super(remedy ? `${problem} ${remedy}` : problem, options);
    this.name = 'TaskFailure';
  }
}
