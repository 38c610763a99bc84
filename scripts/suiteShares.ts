/**
 * The minutes that each long suite of `.ci/run` may take there: on a new machine of two cores, with empty caches. Where a suite
 * takes longer than was asked of it, its share is what it takes and a margin; docs/decisions has the measurements.
 */
export const suiteShares = {
  'npm test': 12,
  projects: 14,
  'projects --init': 8,
  clients: 7,
  simulation: 3,
  windows: 9,
  faults: 9,
  pins: 4,
} as const;

export type LongSuite = keyof typeof suiteShares;

/**
 * What a suite has taken, for its last line. Late is red in CI only: elsewhere the machine may be slower, or do something else.
 * @param seconds what this process has taken so far, unless given
 */
export function timeTaken(suite: LongSuite, seconds = process.uptime()): { line: string; isLate: boolean } {
  const share = suiteShares[suite];
  const isBeyond = seconds > share * 60;
  const taken = `${suite}: ${(seconds / 60).toFixed(1)} of ${share} min`;
  return {
    line: isBeyond ? `${taken}, which is beyond its share` : taken,
    isLate: isBeyond && Boolean(process.env.CI),
  };
}

/** Prints it. @returns the exit code: the given one, but where a suite that is right is late */
export function withinShare(suite: LongSuite, code: number): number {
  const { line, isLate } = timeTaken(suite);
  console.log(line);
  return code === 0 && isLate ? 1 : code;
}
