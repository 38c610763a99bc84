import type { TaskResult } from '../taskResult';
import { ApiError } from './apiError';

/** By them somebody else ends a task that waits. Source: learn.microsoft.com, azure/devops/pipelines/process/invoke-checks. */
export class TaskEvents {
  readonly #waiting = new Map<string, (result: TaskResult) => void>();

  /** Resolves when somebody says that the task has ended. To be called before anybody can. */
  endOf(taskInstanceId: string): Promise<TaskResult> {
    return new Promise((resolve) => this.#waiting.set(taskInstanceId, resolve));
  }

  report({ name, taskId = '', result = '' }: Readonly<Record<string, string>>): void {
    const end = this.#waiting.get(taskId);
    if (!end) throw new ApiError(404, `No task ${taskId} waits.`);
    if (name === 'TaskCompleted') end(resultOf(result));
  }
}

function resultOf(result: string): TaskResult {
  if (/^succeeded$/i.test(result)) return 'succeeded';
  return /^cancell?ed$/i.test(result) ? 'canceled' : 'failed';
}
