import type { RunError, RunStatus } from '../runs/runStore';

/** Why a run failed, as its details will say it. */
export class RunFailure extends Error {
  constructor(readonly error: RunError) {
    super(error.message);
  }
}

/** A failure that is the user's own, as nearly all are. `innerCode` e.g. ExecutionFailed. */
export const userFailure = (message: string, innerCode: string): RunFailure =>
  new RunFailure({ code: 'UserError', message, innerError: { code: innerCode, innerError: null } });

/** Why a run was stopped from outside, and the state that it is left in. */
export class RunStop extends Error {
  constructor(
    readonly endStatus: RunStatus,
    message: string,
  ) {
    super(message);
  }
}
