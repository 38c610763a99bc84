import type { Clock } from '../../clock';

const looks = 3;
const betweenLooks = 1_000;

/**
 * Looks for something, and believes that it is not there only when it is so several times in a row: Azure's reads are
 * eventually consistent, and what was made a moment ago, or has been there for years, may answer 404 once.
 */
export async function believedAbsence<T>(
  look: () => Promise<T | undefined>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let left = looks; ; left--) {
    const found = await look();
    if (found !== undefined || left === 1) return found;
    await clock.sleep(betweenLooks, signal);
  }
}
