import { disparityOf, type Disparity } from '../../common/criteria/disparity';
import { unavailable, type Uncertainty } from '../../common/criteria/verdict';
import { pseudoValues } from './jackknife';
import { cautious, type PairedMetric, type Resampled } from './pairedMetric';
import { resamplesFor, studentisedInterval } from './studentised';
import { tooFewRows } from './sureness';

/** A part of the rows, and the candidate's metric over it. */
export interface Group {
  readonly name: string;
  readonly metric: PairedMetric;
}

/** With more groups there are thousands of pairs. */
const mostGroups = 50;

/**
 * How sure it is that no two groups differ by more than the limit: each pair is judged at the whole level, and all must hold.
 * A claim about all pairs that is approved only where each pair is takes no correction for their number (intersection-union test).
 * Source: R. Berger, Technometrics 24 (1982); for ratios, E. Fieller, J. R. Statist. Soc. B 16 (1954).
 * @param limit what the difference may be at most, or the ratio must be at least
 * @returns the interval of disparity − limit of the pair that is least sure
 */
export async function disparitySureness(
  groups: readonly Group[],
  { kind }: Disparity,
  limit: number,
  level: number,
  pause?: () => Promise<void>,
): Promise<Uncertainty> {
  const unfit = unfitGroups(groups, level);
  if (unfit) return unavailable(unfit);
  const values = groups.map(({ metric }) => whole(metric)[0]);
  const disparity = disparityOf(kind, values);
  if (!Number.isFinite(disparity)) return unavailable('the metric has no value for the rows of a group.');
  const metrics = groups.map(({ metric }) => cautious(metric));
  let [lower, upper] = kind === 'ratio' ? [Infinity, Infinity] : [-Infinity, -Infinity];
  for (const [first, one] of metrics.entries()) {
    for (const [second, other] of metrics.entries()) {
      if (first === second) continue;
      const pair = pairOf(one, other);
      const statistic = (own: number, theirs: number) =>
        kind === 'ratio' ? own - limit * theirs : own - theirs - limit;
      const pseudo = await pseudoValues(pair, statistic, pause);
      if (!pseudo.every(Number.isFinite)) {
        return unavailable(
          'the metric has no value for a group any more where some rows are left out; it takes more rows.',
        );
      }
      const found = studentisedInterval(statistic(values[first]!, values[second]!), pseudo, level);
      // In units of the ratio itself; the sign, which decides, stays.
      const unit = kind === 'ratio' ? values[second]! : 1;
      if (kind === 'ratio' ? found.lower / unit < lower : found.upper > upper) {
        [lower, upper] = [found.lower / unit, found.upper / unit];
      }
    }
  }
  const rows = groups.reduce((sum, { metric }) => sum + metric.rows, 0);
  const byName = new Map(groups.map(({ name }, index) => [name, values[index]!]));
  return {
    kind: 'interval',
    candidate: disparity,
    groups: byName,
    lower,
    upper,
    level,
    rows,
    resamples: resamplesFor(level),
    method: 'bootstrap',
  };
}

function unfitGroups(groups: readonly Group[], level: number): string | undefined {
  if (groups.length < 2) return `there are rows of ${groups.length} group${groups.length === 1 ? '' : 's'}; it takes two to differ.`; // prettier-ignore
  if (groups.length > mostGroups) return `there are ${groups.length} groups, and more than ${mostGroups} are too many.`;
  for (const { name, metric } of groups) {
    const scarce = tooFewRows(metric, level);
    if (scarce) return `in the group ${name}, ${scarce}`;
  }
  return undefined;
}

/** The rows of both groups, one after the other: `values` gives the metric of the one and of the other. */
function pairOf(one: PairedMetric, other: PairedMetric): Resampled {
  const part = (counts: Uint8Array): [number, number] => [
    one.values(counts.subarray(0, one.rows))[0],
    other.values(counts.subarray(one.rows))[0],
  ];
  const rows = one.rows + other.rows;
  return {
    rows,
    values: part,
    withoutEach({ count, ofRow }) {
      const first = one.withoutEach({ count, ofRow: ofRow.subarray(0, one.rows) });
      const second = other.withoutEach({ count, ofRow: ofRow.subarray(one.rows) });
      return first.map(([own], block) => [own, second[block]![0]]);
    },
  };
}

function whole(metric: PairedMetric): [number, number] {
  return metric.values(new Uint8Array(metric.rows).fill(1));
}
