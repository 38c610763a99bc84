/** A kind of request: how many of a hundred, and after how many milliseconds they are answered. */
interface Share {
  readonly percent: number;
  readonly milliseconds: number;
}

/**
 * Large against what a busy machine adds, and each percentile that is compared in the middle of a share, so that a few
 * requests more or less do not move it. None is twice the mean: to such, wrk adds latencies that nobody measured
 * (stats_correct, its own correction for coordinated omission).
 */
const shares: readonly Share[] = [
  { percent: 85, milliseconds: 200 },
  { percent: 12, milliseconds: 280 },
  { percent: 3, milliseconds: 380 },
];

/** What a load test of this service must find (milliseconds). */
export const knownPercentiles = { p50: 200, p95: 280, p99: 380 } as const;

/** The delay of request number n: the kinds spread evenly, by a step that meets each of a hundred places once. */
export function delayOf(n: number): number {
  let place = (n * 37) % 100;
  for (const { percent, milliseconds } of shares) {
    if (place < percent) return milliseconds;
    place -= percent;
  }
  throw new Error('The shares do not come to a hundred.');
}

/** Milliseconds after the first request. */
export const stall = { from: 2_000, to: 4_000 } as const;
