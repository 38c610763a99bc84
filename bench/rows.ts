import path from 'node:path';

/** Where benches keep what they install and make; ignored by git. */
export const cacheDir = path.join(__dirname, '..', '.local', 'cache', 'bench');

export type Area =
  | 'train'
  | 'evaluate'
  | 'package'
  | 'deploy'
  | 'evidence'
  | 'test'
  | 'chain'
  | 'size'
  | 'localAzure'
  | 'growth'
  | 'limits';

/** One measurement, as `npm run bench -- --json` prints it. */
export interface Row {
  area: Area;
  name: string;
  ours: number;
  unit: string;
  /** What ours was measured against in the same run; null where there is nothing to compare with. */
  reference: string | null;
  referenceValue: number | null;
  /** ours / referenceValue. */
  ratio: number | null;
  /** What was to be reached, such as `<= 1.5 MB` or `ratio <= 0.5`; null where a row only informs. */
  goal: string | null;
  holds: boolean | null;
  /** How it was measured, in one sentence. */
  method: string;
}

/** A bound of the value or of its ratio to the reference. */
export type Goal =
  | { atMost: number }
  | { atLeast: number }
  | { ratioAtMost: number }
  | { ratioAtLeast: number }
  /** Both measure the same thing: 0.05 is a twentieth more or less. */
  | { ratioWithin: number };

export interface Measurement {
  name: string;
  ours: number;
  unit: string;
  reference?: { name: string; value: number };
  goal?: Goal;
  method: string;
}

/** Makes the row of a measurement, and says whether its goal holds. */
export function toRow(area: Area, { name, ours, unit, reference, goal, method }: Measurement): Row {
  const ratio = reference ? ours / reference.value : null;
  const row = { area, name, ours, unit, reference: reference?.name ?? null, referenceValue: reference?.value ?? null };
  return { ...row, ratio, ...judge(goal, ours, unit, ratio), method };
}

function judge(goal: Goal | undefined, ours: number, unit: string, ratio: number | null): Pick<Row, 'goal' | 'holds'> {
  if (goal === undefined) return { goal: null, holds: null };
  if ('atMost' in goal) return { goal: `<= ${goal.atMost} ${unit}`, holds: ours <= goal.atMost };
  if ('atLeast' in goal) return { goal: `>= ${goal.atLeast} ${unit}`, holds: ours >= goal.atLeast };
  // Without its reference a ratio is not known to hold.
  if ('ratioAtMost' in goal)
    return { goal: `ratio <= ${goal.ratioAtMost}`, holds: ratio !== null && ratio <= goal.ratioAtMost };
  if ('ratioWithin' in goal) {
    const [lowest, highest] = [1 - goal.ratioWithin, 1 + goal.ratioWithin];
    return { goal: `ratio ${lowest} to ${highest}`, holds: ratio !== null && ratio >= lowest && ratio <= highest };
  }
  return { goal: `ratio >= ${goal.ratioAtLeast}`, holds: ratio !== null && ratio >= goal.ratioAtLeast };
}

/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
