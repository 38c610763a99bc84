/** A rights check must never hold a run up that would work: after so long it goes on without. Milliseconds. */
export const patience = 15_000;

/**
 * Looks something up, for as long as a rights check may take.
 * @throws what the signal says, or that it took too long, whether the look-up heeds its signal or not
 */
export async function withinLimit<T>(signal: AbortSignal, lookUp: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${patience / 1000} s`)), patience);
  const until = AbortSignal.any([signal, limit.signal]);
  const ended = new Promise<never>((_resolve, reject) => {
    until.addEventListener('abort', () => reject(until.reason as Error), { once: true });
  });
  try {
    return await Promise.race([lookUp(until), ended]);
  } finally {
    clearTimeout(timer);
  }
}
