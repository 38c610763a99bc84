import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { builtTasksDir, ensureBuiltTasks } from '../../../local/agent/builtTasks';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { alone, threads } from '../../../tasks/Evaluate/confidence/crew';
import { uncertainties } from '../../../tasks/Evaluate/confidence/uncertainty';

describe('Evaluate: threads of the built task', () => {
  const directory = mkdtempSync(join(tmpdir(), 'threads-'));
  before(ensureBuiltTasks);
  after(() => rmSync(directory, { recursive: true }));

  it('judge as the task itself does', async () => {
    const files = { candidate: join(directory, 'candidate.csv'), champion: join(directory, 'champion.csv') };
    for (const [model, file] of Object.entries(files)) {
      const rows = Array.from(
        { length: 2000 },
        (_, row) => `${row},${row % 7},${(row % 7) + ((row * model.length) % 11) / 9}`,
      );
      writeFileSync(file, ['id,label,prediction', ...rows].join('\n'));
    }
    const { criteria } = parseCriteria('rmse < champion with 95% confidence\nmae < 1 with 99% confidence');
    const crew = threads(2, () => new Worker(join(builtTasksDir, 'Evaluate', 'worker.js')));
    try {
      const found = await uncertainties(criteria, files, crew, undefined, 4096);
      assert.deepEqual(found, await uncertainties(criteria, files, alone()));
      assert.deepEqual([...found.byCriterion.values()].map(({ kind }) => kind), ['interval', 'interval']); // prettier-ignore
    } finally {
      await crew.close();
    }
  });
});
