import type { TaskState } from '../common/task/taskContext';

/** What Train leaves for its post-job step: the job that must not run on without it. */
export interface LeftJob {
  readonly name: string;
  readonly resourceGroup: string;
  readonly workspace: string;
}

const key = 'trainJob';

/** Called before the job is created, so that it is known whatever happens then. */
export function leaveJob(state: TaskState, job: LeftJob): void {
  state.set(key, JSON.stringify(job));
}

/** Called when the job has ended, or may run on. */
export function settleJob(state: TaskState): void {
  state.set(key, '{}');
}

export function leftJob(state: TaskState): LeftJob | undefined {
  const left = JSON.parse(state.get(key) ?? '{}') as Partial<LeftJob>;
  return left.name ? (left as LeftJob) : undefined;
}
