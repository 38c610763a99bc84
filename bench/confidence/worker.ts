import { frequencyOf } from './frequency';
import { batchSize, countsOf, levels, scenarioOf, type Counts, type NamedCell } from './results';

/** What a process of its own is asked to measure. */
export interface Order {
  readonly cell: NamedCell;
  readonly batch: number;
}

process.on('message', ({ cell, batch }: Order) => {
  void frequencyOf(scenarioOf(cell), cell, levels, { comparisons: batchSize, batch }).then((found) =>
    process.send!(countsOf(found) satisfies Counts),
  );
});
