/** The results of a step, job or stage in the agent's order: each is worse than the one before, up to `failed`. */
export const taskResults = ['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned'] as const;
export type TaskResult = (typeof taskResults)[number];

/** The worse of two results; after canceled, skipped or abandoned nothing changes any more (TaskResultUtil). */
export function mergeTaskResults(current: TaskResult | undefined, coming: TaskResult): TaskResult {
  if (current === undefined) return coming;
  const rank = (result: TaskResult) => taskResults.indexOf(result);
  if (rank(current) > rank('failed')) return current;
  return rank(coming) >= rank(current) ? coming : current;
}

/**
 * Reads the `result` of `task.complete`. The agent knows only the exact names of its enum, so that task-lib's
 * "Cancelled" is undefined here as it is an exception there.
 */
export function parseTaskResult(text: string): TaskResult | undefined {
  if (/^\d+$/.test(text)) return taskResults[Number(text)];
  return taskResults.find((result) => result[0]!.toUpperCase() + result.slice(1) === text);
}
