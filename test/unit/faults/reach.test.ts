import assert from 'node:assert/strict';
import { isTimeFor, reach } from '../../faults/reach';

describe('How far a part of the matrix of faults gets in its minutes', () => {
  it('is not worth a word where it gets through', () =>
    assert.deepEqual(reach({ chosen: 60, judged: 60 }, 7, true), { line: '', isShort: false }));

  it('may leave half of them, and says so', () =>
    assert.deepEqual(reach({ chosen: 60, judged: 30 }, 7, true), {
      line: '30 of 60 cells were not reached in 7 minutes',
      isShort: false,
    }));

  it('is red in CI where it leaves more, and nowhere else', () => {
    const line = '31 of 60 cells were not reached in 7 minutes, which is more than half';
    assert.deepEqual(reach({ chosen: 60, judged: 29 }, 7, true), { line, isShort: true });
    assert.deepEqual(reach({ chosen: 60, judged: 29 }, 7, false), { line, isShort: false });
    assert.ok(reach({ chosen: 1, judged: 0 }, 7, true).isShort);
  });

  it('leaves time before the same end to try again what was bad', () => {
    assert.deepEqual(
      [0, 1, 2].map((again) => isTimeFor(375, 7, again)),
      [true, true, false],
    );
    assert.ok(!isTimeFor(410, 7, 0));
    assert.ok(isTimeFor(1e6, Infinity, 1000));
  });
});
