import { TaskFailure } from './taskFailure';

type Results<T extends readonly Promise<unknown>[]> = { -readonly [Index in keyof T]: Awaited<T[Index]> };

/**
 * Waits for all, so that users see at once everything that they must put right.
 * @throws TaskFailure with the message of each that failed in a way that users can act on; any other failure as it is
 */
export async function everyFailure<const T extends readonly Promise<unknown>[]>(all: T): Promise<Results<T>> {
  const settled = await Promise.allSettled(all);
  const failures = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const others = failures.filter((failure) => !(failure instanceof TaskFailure));
  if (others.length > 0) throw others[0];
  const [first, ...rest] = failures as TaskFailure[];
  if (first && rest.length === 0) throw first;
  if (first) {
    const messages = [first, ...rest].map(({ message }) => message).join('\n');
    throw new TaskFailure(messages, undefined, { help: first.help });
  }
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as Results<T>;
}
