/**
 * When to ask for a job and for its log. What counts is how soon a line is seen, and how soon the end; what a request costs is
 * small, but there are many jobs. So the log is read often while it grows, and seldom while the job is silent; and the job is
 * looked at when it has fallen silent, as its end is near then if ever, and less and less often the longer it stays so.
 */

/** How a job stands, in milliseconds. */
export interface Standing {
  /** Since the job is followed. */
  readonly followed: number;
  /** Since it last wrote a line or came to another status. */
  readonly quiet: number;
  /** It has a log to read. */
  readonly hasLog: boolean;
}

const second = 1000;
/** No line of a job that prints is later. */
const whilePrinting = 5 * second;
/** No line after a silence is later. */
const whileSilent = 30 * second;
/** Between two looks at a job. */
const longestWhilePrinting = 480 * second;
// As whole a number of reads as can be: a look in between would be one more.
const longestWhileSilent = 450 * second;

/**
 * Until the log is read again. Of a job that prints each line waits half as long: less than two seconds for the first minute, which for as
 * many requests is sooner than a rhythm that slows down from its start. Of a silent one a tenth of the silence so far, as who has been
 * silent for long seldom speaks.
 */
export function logInterval({ followed, quiet }: Standing): number {
  return Math.max(within(followed / 28, 1.8 * second, whilePrinting), within(quiet / 10, 0, whileSilent));
}

/** From one look at the job to the next. */
export function lookInterval({ followed, quiet, hasLog }: Standing): number {
  // Whose log grows is running: there is little to look for.
  if (hasLog && quiet < fallenSilent(followed)) return within(followed, 5 * second, longestWhilePrinting);
  // A twentieth of the time that a short job takes is added to it, of a long one a fiftieth.
  const regular = Math.max(within(followed / 20, second, 4 * second), within(followed / 50, 0, 90 * second));
  return hasLog ? within(quiet ** 2 / (30_000 * second), regular, longestWhileSilent) : regular;
}

/** A job that has written nothing for so long may have ended. */
function fallenSilent(followed: number): number {
  return within(followed / 5, 2 * second, 12 * second);
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
