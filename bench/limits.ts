/** What comes of inputs, logs and answers that are big beyond reason: how long it takes, and how much memory. */
import { rmSync } from 'node:fs';
import { ensureBuiltTasks } from '../local/agent/builtTasks';
import { measureSizes, type Measured } from '../test/faults/sizes';
import { openWorld } from '../test/faults/world';
import { toRow, type Row } from './rows';

const method =
  'Limits: the built task on the local agent, from its start to its end; memory is the peak of its process (VmHWM).';

export async function bench(): Promise<Row[]> {
  await ensureBuiltTasks();
  const world = await openWorld();
  const measured: Measured[] = [];
  try {
    await measureSizes(world, /(?:)/, (each) => measured.push(each));
  } finally {
    await world.azure.close();
    rmSync(world.azure.stateDir, { recursive: true, force: true });
  }
  return measured.flatMap(({ name, ends, seconds, megabytes, limits, problem }) => {
    const outcome = problem ?? (ends === 'failed' ? 'refused' : 'done');
    const rows = [
      toRow('limits', {
        name: `${name}: ${outcome}`,
        ours: seconds,
        unit: 's',
        goal: { atMost: limits.seconds },
        method,
      }),
      toRow('limits', {
        name: `${name}: memory`,
        ours: megabytes,
        unit: 'MB',
        goal: { atMost: limits.megabytes },
        method,
      }),
    ];
    return rows.map((row) => ({ ...row, holds: row.holds && !problem }));
  });
}
