import assert from 'node:assert/strict';
import { hasLongerTail } from '../../../tasks/Evaluate/confidence/errorShape';
import { surenessOfCriterion } from '../../../tasks/Evaluate/confidence/criterionSureness';
import type { Readable } from '../../../tasks/Evaluate/confidence/predictionColumns';
import { meanMetric } from '../../../tasks/Evaluate/confidence/pairedMetric';
import { surenessAt, surenessOf, widening } from '../../../tasks/Evaluate/confidence/sureness';
import { judge } from '../../../tasks/common/criteria/judge';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { rarestSeen } from '../../../tasks/common/criteria/certainty';

const rows = 200;
const values = (of: (row: number) => number) => Float64Array.from({ length: rows }, (_, row) => of(row));
/** Spread evenly, in another order for each model. */
const even = (step: number) => values((row) => ((row * step) % rows) + 1);
const against = (one: Float64Array, other: Float64Array) => one.map((value, row) => value - other[row]!);
const criterion = parseCriteria('loss < champion with 95% confidence').criteria[0]!;
const champion = even(7);

describe('Evaluate: a candidate whose rare large errors may be missing from the rows', () => {
  const half = even(11).map((value) => value / 2);
  /** Two thirds of the champion's in most rows, and some far beyond its largest. */
  const longTail = even(11).map((value, row) => (row % 50 === 0 ? 600 : value / 1.5));

  it('is told by a longer tail and a largest error beyond the champion’s', () => {
    assert.equal(hasLongerTail([longTail, champion], against(longTail, champion)), true);
    assert.equal(hasLongerTail([half, champion], against(half, champion)), false);
  });

  it('is told for either side, as the smaller mean may be the champion’s', () => {
    assert.equal(hasLongerTail([champion, longTail], against(champion, longTail)), true);
  });

  it('is told where all its errors are in a single row, exactly or but for rounding', async () => {
    const ones = values(() => 1);
    for (const rest of [0, 1e-20]) {
      const single = values((row) => (row === 17 ? 50 : rest));
      assert.equal(hasLongerTail([single, ones], against(single, ones)), true);
      const sure = await surenessOf(meanMetric(single, ones), criterion.limit, 0.95);
      const { explanation, passed } = judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, sure);
      assert.equal(passed, false, explanation);
    }
  });

  it('is told by rare small values, where a criterion wants more of a column of its own', async () => {
    const question = (text: string, sign: number) => {
      const [more] = parseCriteria(`${text} with 95% confidence`).criteria;
      const rowsOf = (of: Float64Array): Readable => ({
        kind: 'rows',
        rows,
        columns: [{ request: { role: 'own', name: 'profit', as: 'number' }, values: of.map((value) => sign * value) }],
      });
      const pairing = { kind: 'paired' } as const;
      return { criterion: more!, candidate: rowsOf(longTail), champion: rowsOf(champion), pairing, classNames: [] };
    };
    const gain = await surenessOfCriterion(question('profit > champion', -1));
    const loss = await surenessOfCriterion(question('profit < champion', 1));
    assert.ok(gain.kind === 'interval' && loss.kind === 'interval');
    assert.equal(loss.longerTail, true);
    assert.equal(gain.longerTail, true);
    assert.equal(gain.lower, -loss.upper);
  });

  it('is not one that errs in fewer rows and no more in any', () => {
    const seldom = values((row) => (row % 20 === 0 ? 1 : 0));
    const often = values((row) => (row % 5 === 1 ? 1 : 0));
    assert.equal(hasLongerTail([seldom, often], against(seldom, often)), false);
  });

  it('has an interval three times as wide, and the verdict says why and what it takes', async () => {
    const sure = await surenessOf(meanMetric(longTail, champion), criterion.limit, 0.95);
    assert.ok(sure.kind === 'interval');
    assert.equal(sure.longerTail, true);
    const plain = await surenessOf(meanMetric(half, champion), criterion.limit, 0.95);
    assert.ok(plain.kind === 'interval' && plain.longerTail === undefined);
    const { explanation, passed } = judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, sure);
    assert.equal(passed, false, explanation);
    assert.match(explanation, /includes 0, and is wider because the largest error is made by the model that errs less on average.*; if the difference stays, it takes about [\d,]+ rows/); // prettier-ignore
    assert.equal(widening, 3);
  });

  it('is said to be unseen by the rule of three, where rows are few', async () => {
    assert.equal(rarestSeen({ rows: 30, level: 0.95 }), 'errors rarer than 1 row in 10 may not be among these 30 rows');
    const sure = await surenessOf(meanMetric(half, champion), criterion.limit, 0.95);
    const { explanation, passed } = judge(criterion, {}, { kind: 'champion', version: '1', metrics: {} }, sure);
    assert.equal(passed, true);
    assert.match(explanation, /errors rarer than 1 row in 66 may not be among these 200 rows/);
  });

  it('is decided alike at several levels at once, and with resampling that stops where nothing can be approved', async () => {
    const levels = [0.9, 0.95, 0.99];
    for (const factor of [0.5, 0.8, 0.9, 0.95, 0.99, 1.2]) {
      const metric = () => meanMetric(even(11).map((value) => value * factor), champion); // prettier-ignore
      const together = await surenessAt(levels, metric(), criterion.limit);
      const early = await surenessAt(levels, metric(), criterion.limit, { hopelessFrom: 0.1 });
      for (const [at, level] of levels.entries()) {
        assert.deepEqual(await surenessOf(metric(), criterion.limit, level), together[at]);
        const approves = ({ kind, ...rest }: (typeof early)[number]) =>
          kind === 'interval' && 'upper' in rest && rest.upper < 0 && rest.swapPValue! < 1 - level;
        assert.equal(approves(early[at]!), approves(together[at]!), `${factor} at ${level}`);
      }
    }
  });
});
