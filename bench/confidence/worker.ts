import { frequencyOf, type Frequency } from './frequency';
import { scenarios } from './rivals';
import type { NamedCell } from './table';

/** What a process of its own is asked to measure. */
export interface Order {
  readonly cell: NamedCell;
  readonly levels: readonly number[];
  readonly comparisons: number;
  /** However few comparisons that are. */
  readonly milliseconds: number;
}

export interface Answer {
  readonly comparisons: number;
  readonly byLevel: Array<[number, Frequency]>;
}

process.on('message', ({ cell, levels, comparisons, milliseconds }: Order) => {
  const scenario = scenarios.find(({ name, metrics }) => name === cell.scenario && metrics.includes(cell.metric))!;
  void frequencyOf(scenario, cell, levels, { comparisons, until: Date.now() + milliseconds }).then((found) =>
    process.send!({ comparisons: found.comparisons, byLevel: [...found.byLevel] } satisfies Answer),
  );
});
