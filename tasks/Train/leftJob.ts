import { leftWork, type LeftWork } from '../common/task/leftWork';
import type { TaskState } from '../common/task/taskContext';

/** The job that must not run on without the step that started it. */
export interface LeftJob {
  readonly name: string;
  readonly resourceGroup: string;
  readonly workspace: string;
  /** Whether Azure has confirmed it; else it is not known whether it was started. */
  readonly isConfirmed: boolean;
}

export function leftJob(state: TaskState): LeftWork<LeftJob> {
  return leftWork(state, 'trainJob');
}
