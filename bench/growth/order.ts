/** The order in which something grows, by what work ×1, ×10 and ×100 took. */
import { toRow, type Row } from '../rows';

/** By what power of the work it may grow. */
const powers = { constant: 0, linear: 1 } as const;
export type Order = keyof typeof powers;

/**
 * What is counted is the same on every machine; what is measured is not, nor does it grow evenly: a garbage collection more or less,
 * a sort among what is linear. n² is a power of 2, and n·√n one of 1.5.
 */
const tolerances = { counted: 0.05, measured: 0.25 } as const;

export interface Grown {
  readonly name: string;
  readonly unit: string;
  /** For work ×1, ×10 and ×100. */
  readonly took: readonly number[];
  readonly order: Order;
  readonly by: keyof typeof tolerances;
}

export function growthRow({ name, unit, took, order, by }: Grown): Row {
  const steps = took.slice(1).map((more, index) => Math.log10(Math.max(more, 1e-9) / Math.max(took[index]!, 1e-9)));
  const shown = took.map((each) => (Number.isInteger(each) ? String(each) : each.toPrecision(3)));
  return toRow('growth', {
    name: `${name}: ${shown.join(', ')} ${unit} (${order})`,
    ours: Math.max(...steps),
    unit: 'power',
    goal: { atMost: powers[order] + tolerances[by] },
    method: `Growth: what work ×1, ×10 and ×100 took stands in the row's name; its value is the power of the work by which it grew, of the two steps the steeper: 0 is constant, 1 linear, 2 quadratic. Counts may exceed their order by ${tolerances.counted}, processor time and peak memory by ${tolerances.measured}; of these it is the least of three runs, each in a process of its own.`,
  });
}
