import assert from 'node:assert/strict';
import { median, toRow } from '../../../bench/rows';

describe('A row of the bench', () => {
  const measurement = { name: 'upload', ours: 2, unit: 's', method: 'By the clock.' };

  it('says whether its goal holds', () => {
    const reference = { name: 'azure-ai-ml', value: 5 };
    const holds = (goal: Parameters<typeof toRow>[1]['goal']) =>
      toRow('train', { ...measurement, reference, goal }).holds;
    assert.deepEqual([holds({ atMost: 2 }), holds({ atMost: 1.9 })], [true, false]);
    assert.deepEqual([holds({ atLeast: 2 }), holds({ atLeast: 2.1 })], [true, false]);
    assert.deepEqual([holds({ ratioAtMost: 0.4 }), holds({ ratioAtMost: 0.3 })], [true, false]);
    assert.deepEqual([holds({ ratioAtLeast: 0.4 }), holds({ ratioAtLeast: 0.5 })], [true, false]);
    assert.deepEqual([holds({ ratioWithin: 0.7 }), holds({ ratioWithin: 0.5 })], [true, false]);
    assert.equal(toRow('train', { ...measurement, ours: 8, reference, goal: { ratioWithin: 0.5 } }).holds, false);
    assert.equal(holds(undefined), null);
  });

  it('does not hold a ratio without its reference', () => {
    const row = toRow('train', { ...measurement, goal: { ratioAtMost: 0.5 } });
    assert.deepEqual([row.reference, row.ratio, row.holds, row.goal], [null, null, false, 'ratio <= 0.5']);
  });

  it('takes the middle of its samples', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });
});
