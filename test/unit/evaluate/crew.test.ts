import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { alone, openCrew, threads, type Answer, type Order } from '../../../tasks/Evaluate/confidence/crew';
import { Random } from '../../../tasks/Evaluate/confidence/random';
import { uncertainties } from '../../../tasks/Evaluate/confidence/uncertainty';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';

/** A thread that answers as `serve` does, after a while of its own. */
class StandIn extends EventEmitter {
  terminated = false;

  constructor(private readonly turns: () => number) {
    super();
  }

  postMessage(order: Order): void {
    // Shared numbers stay shared, all else is a copy.
    const own = structuredClone(order);
    const member = alone();
    const work: Promise<unknown> = 'read' in own ? member.read(own.read) : member.judge(own.judge);
    void work.then(async (done) => {
      for (let turn = this.turns(); turn > 0; turn--) await new Promise(setImmediate);
      this.emit('message', structuredClone({ done } satisfies Answer));
    });
  }

  terminate(): Promise<number> {
    this.terminated = true;
    return Promise.resolve(0);
  }
}

describe('Evaluate: a crew that judges predictions', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'crew-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  const random = new Random(3);
  const rows = Array.from({ length: 400 }, (_, row) => ({ row, label: random.below(3), part: random.below(2) }));
  const write = (name: string, ids: boolean, order = rows) => {
    const file = join(directory, `${name}.csv`);
    const lines = order.map(({ row, label, part }) => {
      const prediction = random.below(10) < 8 ? label : random.below(3);
      return `${ids ? `${row},` : ''}class ${label},class ${prediction},${part},${random.below(100) / 100}`;
    });
    writeFileSync(file, [`${ids ? 'id,' : ''}label,prediction,part,loss`, ...lines].join('\n'));
    return file;
  };
  const { criteria } = parseCriteria(
    ['f1_macro > 0.5', 'accuracy > champion', 'loss < champion', 'loss[part=1] < 1', 'missing < 1'].map((each) => `${each} with 90% confidence`).join('\n'), // prettier-ignore
  );
  const answersOf = async (
    crew: Parameters<typeof uncertainties>[2],
    files: Parameters<typeof uncertainties>[1],
    size?: number,
  ) => {
    const { byCriterion, holdout } = await uncertainties(criteria, files, crew, undefined, size);
    return { answers: [...byCriterion.values()], holdout };
  };

  it('finds the same, however many it is, in whatever order they answer and in whatever parts they read', async () => {
    for (const ids of [true, false]) {
      const files = {
        candidate: write('candidate', ids),
        champion: write('champion', ids, ids ? [...rows].reverse() : rows),
      };
      const expected = await answersOf(alone(), files);
      assert.deepEqual(expected.answers.map(({ kind }) => kind), ['interval', 'interval', 'interval', 'interval', 'unavailable']); // prettier-ignore
      for (const [count, sizes] of [
        [1, [100]],
        [2, [3000]],
        [5, [100, 1_000_000]],
      ] as const) {
        const turns = new Random(count);
        const crew = threads(count, () => new StandIn(() => turns.below(5)) as unknown as Worker);
        for (const size of sizes) assert.deepEqual(await answersOf(crew, files, size), expected);
      }
    }
  });

  it('is of threads where both files together are large, and there is more than one processor', async () => {
    const sized = (name: string, size: number) => {
      const file = join(directory, name);
      writeFileSync(file, '');
      truncateSync(file, size);
      return file;
    };
    const half = 4 * 1024 * 1024;
    const { signal } = new AbortController();
    for (const [files, isLarge] of [
      [[undefined, undefined], false],
      [[sized('all', 2 * half), undefined], true],
      [[sized('one', half), sized('other', half)], true],
      [[sized('less', half - 1), sized('half', half)], false],
    ] as const) {
      const crew = await openCrew(files, 'worker.js', async () => {}, signal);
      // Only threads need numbers that all of them see.
      const isShared = crew.numbers(1).buffer instanceof SharedArrayBuffer;
      assert.equal(isShared, isLarge && availableParallelism() > 1);
      await crew.close();
    }
    await assert.rejects(
      openCrew([join(directory, 'gone')], 'worker.js', async () => {}, signal),
      /ENOENT/,
    );
  });

  it('says the same of what is wrong: the first of it', async () => {
    const file = join(directory, 'wrong.csv');
    writeFileSync(file, ['label,prediction,part,loss', ...rows.map(({ row }) => (row % 150 === 149 ? `a,b,${row}` : 'a,b,0,1'))].join('\n')); // prettier-ignore
    for (const crew of [alone(), threads(3, () => new StandIn(() => 0) as unknown as Worker)]) {
      const { answers } = await answersOf(crew, { candidate: file }, 200);
      const why = 'in the predictions, line 151: it has 3 cells, but there are 4 columns (candidate).';
      for (const answer of answers) assert.deepEqual(answer, { kind: 'unavailable', why });
    }
  });

  it('ends its threads, and what they were asked when one of them ends or the step is cancelled', async () => {
    const members: StandIn[] = [];
    const stop = new AbortController();
    const silent = () => {
      members.push(Object.assign(new StandIn(() => Infinity), { postMessage: () => {} }));
      return members.at(-1) as unknown as Worker;
    };
    const candidate = write('candidate', true);
    const lost = answersOf(threads(2, silent), { candidate }, 1000);
    while (members.length < 2) await new Promise(setImmediate);
    members[1]!.emit('exit', 1);
    await assert.rejects(lost, /thread that judges predictions ended \(1\)/);

    const crew = threads(1, silent, stop.signal);
    const cancelled = answersOf(crew, { candidate });
    while (members.length < 3) await new Promise(setImmediate);
    stop.abort(new Error('cancelled'));
    await assert.rejects(cancelled, /cancelled/);
    await crew.close();
    assert.ok(members[2]!.terminated);
  });

  it('takes no orders once it is closed or one of its threads has ended, and starts no more threads', async () => {
    const members: StandIn[] = [];
    const silent = () => {
      members.push(Object.assign(new StandIn(() => Infinity), { postMessage: () => {} }));
      return members.at(-1) as unknown as Worker;
    };
    const part = { start: 0, end: 2, firstRow: 0, rows: 1, linesBefore: 0 };
    const order = { file: 'rows.jsonl', part, header: [], wanted: [], columns: [] };
    const closed = threads(1, silent);
    const waiting = [closed.read(order), closed.read(order)].map((each) => assert.rejects(each, /no longer judged/));
    await closed.close();
    await Promise.all(waiting);
    await assert.rejects(closed.read(order), /no longer judged/);
    assert.equal(members.length, 1);

    const broken = threads(2, silent);
    const lost = assert.rejects(broken.read(order), /ended \(1\)/);
    members[1]!.emit('exit', 1);
    await lost;
    await assert.rejects(broken.read(order), /ended \(1\)/);
    await broken.close();
    assert.equal(members.length, 2);
    assert.ok(!members[1]!.terminated, 'what has ended is not ended again');

    const single = alone();
    await single.close();
    await assert.rejects(single.read(order), /no longer judged/);
  });
});
