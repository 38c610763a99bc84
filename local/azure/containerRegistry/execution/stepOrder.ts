import { TaskFileError } from '../taskFile/taskFileError';
import type { TaskStep } from '../taskFile/taskFile';

/**
 * Runs steps in the order of their `when`: each as soon as those that it names have ended, or the one before it where it names
 * none. The first that fails ends the task; what runs beside it is not waited for.
 * Source: acr-builder, graph/dag.go and builder.RunTask.
 * @throws TaskFileError if steps name one that does not exist, or wait for each other
 */
export async function runInOrder(steps: readonly TaskStep[], run: (step: TaskStep) => Promise<void>): Promise<void> {
  const waitsFor = new Map(steps.map((step, index) => [step.id, awaited(step, steps[index - 1])]));
  for (const [id, names] of waitsFor) {
    const unknown = names.find((name) => !waitsFor.has(name));
    if (unknown) throw new TaskFileError(`${unknown} does not exist as a vertex [from: ${unknown}, to: ${id}]`);
  }
  refuseCircle(waitsFor);
  const ended = new Map<string, Promise<void>>();
  const start = (step: TaskStep): Promise<void> => {
    const known = ended.get(step.id);
    if (known) return known;
    const before = steps.filter(({ id }) => waitsFor.get(step.id)!.includes(id)).map(start);
    const end = Promise.all(before).then(() => run(step));
    ended.set(step.id, end);
    return end;
  };
  await Promise.all(steps.map(start));
}

function awaited({ when }: TaskStep, previous: TaskStep | undefined): readonly string[] {
  if (when[0] === '-') return [];
  return when.length > 0 ? when : previous ? [previous.id] : [];
}

function refuseCircle(waitsFor: ReadonlyMap<string, readonly string[]>): void {
  const left = new Map(waitsFor);
  for (;;) {
    const free = [...left].find(([, names]) => names.every((name) => !left.has(name)));
    if (!free) break;
    left.delete(free[0]);
  }
  if (left.size > 0) throw new TaskFileError(`steps wait for each other: ${[...left.keys()].join(', ')}`);
}
