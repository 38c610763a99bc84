/** Of the cells of a part, the share that may be left when its minutes are over; in CI more makes the run red. */
const mostLeft = 1 / 2;
/** What it takes to judge a cell with nothing beside it. */
const secondsAlone = 20;

/** How many cells of a run were left, for its last line. Elsewhere than in CI someone reads it, and the machine may be slower. */
export function reach(
  { chosen, judged }: { chosen: number; judged: number },
  minutes: number,
  inCi = Boolean(process.env.CI),
): { line: string; isShort: boolean } {
  const left = chosen - judged;
  if (left === 0) return { line: '', isShort: false };
  const line = `${left} of ${chosen} cells were not reached in ${minutes} minutes`;
  const isTooMuch = left > chosen * mostLeft;
  return { line: isTooMuch ? `${line}, which is more than half` : line, isShort: isTooMuch && inCi };
}

/** Whether another cell may begin: those to be tried again, and one that may yet be, have their time before the same end. */
export const isTimeFor = (seconds: number, minutes: number, again: number): boolean =>
  seconds + (again + 1) * secondsAlone < minutes * 60;
