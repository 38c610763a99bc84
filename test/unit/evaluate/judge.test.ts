import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Criterion, Operator } from '../../../tasks/common/criteria/criterion';
import { judge } from '../../../tasks/common/criteria/judge';
import type { Interval, Opponent, Uncertainty } from '../../../tasks/common/criteria/verdict';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { decide as decideAll } from '../../../tasks/Evaluate/decision';

const criterionOf = (text: string): Criterion => {
  const { criteria, problems } = parseCriteria(text);
  assert.deepEqual(problems, []);
  return criteria[0]!;
};
const champion = (metrics: Record<string, number>): Opponent => ({ kind: 'champion', version: '1', metrics });
const skip: Opponent = { kind: 'none', comparisons: 'skip' };
const reject: Opponent = { kind: 'none', comparisons: 'reject' };
const itself: Opponent = { kind: 'itself' };
const missing = {};
const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`m${index + 10}`, 1]));

/** passed, failed or skipped, and a part of the explanation. */
type Expected = ['pass' | 'fail' | 'skip', string];

const table: Array<[criterion: string, candidate: Record<string, number>, opponent: Opponent, expected: Expected]> = [
  // Numbers
  ['rmse <= 5', { rmse: 4.9 }, skip, ['pass', 'rmse is 4.9, which is at most 5.']],
  ['rmse <= 5', { rmse: 5 }, skip, ['pass', 'rmse is 5, which is at most 5.']],
  ['rmse <= 5', { rmse: 5.1 }, skip, ['fail', 'rmse is 5.1, but must be at most 5.']],
  ['rmse < 5', { rmse: 5 }, skip, ['fail', 'rmse is 5, but must be below 5.']],
  ['rmse < 5', { rmse: 4.9999999 }, skip, ['pass', 'rmse is 4.9999999, which is below 5.']],
  ['auc >= 0.9', { auc: 0.9 }, skip, ['pass', 'at least 0.9']],
  ['auc > 0.9', { auc: 0.9 }, skip, ['fail', 'must be above 0.9']],
  ['errors == 0', { errors: 0 }, skip, ['pass', 'exactly 0']],
  ['errors == 0', { errors: 1 }, skip, ['fail', 'must be exactly 0']],
  ['r2 > -1', { r2: -0.5 }, skip, ['pass', 'r2 is −0.5, which is above −1.']],
  // What is not a number never approves, whichever way the operator points.
  ...['<=', '<', '>=', '>', '=='].flatMap((operator): typeof table => [
    [`rmse ${operator} 5`, missing, skip, ['fail', 'rmse was not measured for the candidate.']],
    [`rmse ${operator} 5`, { rmse: NaN }, skip, ['fail', 'rmse is NaN for the candidate.']],
    [`rmse ${operator} 5`, { rmse: Infinity }, skip, ['fail', 'rmse is infinite for the candidate.']],
    [`rmse ${operator} 5`, { rmse: -Infinity }, skip, ['fail', 'rmse is infinite for the candidate.']],
    [`rmse ${operator} champion`, missing, champion({ rmse: 3 }), ['fail', 'was not measured for the candidate']],
    [`rmse ${operator} champion`, { rmse: NaN }, champion({ rmse: 3 }), ['fail', 'NaN for the candidate']],
    [`rmse ${operator} champion`, { rmse: 3 }, champion(missing), ['fail', 'was not measured for the champion, version 1']],
    [`rmse ${operator} champion`, { rmse: 3 }, champion({ rmse: NaN }), ['fail', 'is NaN for the champion']],
    [`rmse ${operator} champion`, { rmse: 3 }, champion({ rmse: Infinity }), ['fail', 'is infinite for the champion']],
    [`rmse ${operator} champion`, { rmse: 3 }, champion({ rmse: -Infinity }), ['fail', 'is infinite for the champion']],
    // Nor where there is nobody to compare with.
    [`rmse ${operator} champion`, missing, skip, ['fail', 'was not measured']],
    [`rmse ${operator} champion`, { rmse: NaN }, skip, ['fail', 'NaN']],
    [`rmse ${operator} champion`, { rmse: NaN }, itself, ['fail', 'NaN']],
    [`rmse ${operator} champion`, { rmse: 1 }, reject, ['fail', 'the input firstModel is "reject"']],
    [`rmse ${operator} champion`, { rmse: 1 }, skip, ['skip', 'no champion yet']],
    [`rmse ${operator} champion`, { rmse: 1 }, itself, ['skip', 'not compared with itself']],
  ]),
  // The champion's value, with margin and factor
  ['rmse < champion', { rmse: 2.9 }, champion({ rmse: 3 }), ['pass', "below 3 (the champion's 3)"]],
  ['rmse < champion', { rmse: 3 }, champion({ rmse: 3 }), ['fail', 'must be below 3']],
  ['rmse <= champion', { rmse: 3 }, champion({ rmse: 3 }), ['pass', 'at most 3']],
  ['rmse <= champion', { rmse: 0.1 + 0.2 }, champion({ rmse: 0.1 + 0.2 }), ['pass', 'at most 0.3']],
  ['auc >= champion + 0.005', { auc: 0.905 }, champion({ auc: 0.9 }), ['pass', "0.905 (the champion's 0.9 + 0.005)"]],
  ['auc >= champion + 0.005', { auc: 0.904 }, champion({ auc: 0.9 }), ['fail', 'auc is 0.904, but must be at least 0.905']],
  ['auc >= champion - 0.01', { auc: 0.89 }, champion({ auc: 0.9 }), ['pass', "the champion's 0.9 − 0.01"]],
  // 0.1 + 0.2 is 0.3 here, as the user meant it.
  ['a >= champion + 0.2', { a: 0.3 }, champion({ a: 0.1 }), ['pass', 'at least 0.3']],
  ['rmse <= champion * 0.98', { rmse: 2.94 }, champion({ rmse: 3 }), ['pass', "2.94 (the champion's 3 × 0.98)"]],
  ['rmse <= champion * 0.98', { rmse: 2.95 }, champion({ rmse: 3 }), ['fail', 'at most 2.94']],
  ['rmse <= champion * 1.02', { rmse: 3.05 }, champion({ rmse: 3 }), ['pass', 'at most 3.06']],
  // A factor of what is not above zero would turn around what it demands.
  ['loss <= champion * 0.98', { loss: -200 }, champion({ loss: -100 }), ['fail', 'multiplying a value of zero or less']],
  ['loss >= champion * 0.98', { loss: 200 }, champion({ loss: -100 }), ['fail', 'multiplying a value of zero or less']],
  ['acc >= champion * 0.98', { acc: 1 }, champion({ acc: 0 }), ['fail', "the champion's is 0"]],
  ['acc >= champion', { acc: 0 }, champion({ acc: 0 }), ['pass', 'at least 0']],
  ['loss <= champion - 1', { loss: -102 }, champion({ loss: -100 }), ['pass', 'at most −101']],
  ['a < champion * 10', { a: 1 }, champion({ a: 1e308 }), ['fail', 'the limit is ∞']],
  ['a > champion - 1e308', { a: 1 }, champion({ a: -1e308 }), ['fail', 'the limit is −∞']],
  // Slices, under the names that MLflow allows
  ['acc[region=eu] >= 0.9', { 'acc[region=eu]': 0.95, acc: 0.1 }, skip, ['pass', 'acc[region=eu] is 0.95']],
  ['acc[region=eu] >= 0.9', { 'acc/region/eu': 0.95 }, skip, ['pass', '0.95']],
  ['acc[region=eu] >= 0.9', { 'acc.region.eu': 0.85 }, skip, ['fail', 'acc[region=eu] is 0.85']],
  ['acc[region=eu] >= 0.9', { acc_region_eu: 0.95 }, skip, ['pass', '0.95']],
  ['acc[region=eu] >= 0.9', { acc: 0.95 }, skip, ['fail', 'acc[region=eu] was not measured']],
  ['acc[a=1, b=2] >= 0.9', { 'acc[a=1, b=2]': 0.95 }, skip, ['pass', '0.95']],
  ['acc[r=eu] >= 0.9', { 'acc.r.eu': 0.95, 'acc/r/eu': 0.8 }, skip, ['fail', 'has several, different values (acc/r/eu, acc.r.eu)']],
  // What is missing is told beside what there is.
  ['rmse <= 5', { root_error: 3, mae: 2 }, skip, ['fail', 'rmse was not measured for the candidate. The candidate logged these metrics: mae, root_error.']],
  ['rmse <= champion', { rmse: 3 }, champion({ mae: 2 }), ['fail', 'for the champion, version 1. The champion logged these metrics: mae.']],
  ['rmse <= 5', missing, skip, ['fail', 'The candidate logged no metric.']],
  ['rmse <= 5', { ...many, val_rmse: 1 }, skip, ['fail', 'metrics: val_rmse, m10, m11, m12, m13, m14, m15, m16, m17, m18 and 3 more.']],
  ['rmse <= 5', { ['x'.repeat(300)]: 1 }, skip, ['fail', `metrics: ${'x'.repeat(79)}….`]],
  ['rmse[clarity=I9] <= 5', { rmse: 1, 'rmse.clarity.I1': 1, 'rmse[clarity=SI2]': 1, rmsle: 1 }, skip, ['fail', 'The candidate logged these slices: rmse.clarity.I1, rmse[clarity=SI2]. A slice is logged as e.g. rmse.clarity.I9.']],
  ['rmse[clarity=I9] <= 5', { mae: 1, rmse: 1 }, skip, ['fail', 'The candidate logged these metrics: rmse, mae. A slice is logged as e.g. rmse.clarity.I9.']],
  ['rmse/clarity/I1 <= 5', { rmse: 9, 'rmse.clarity.I1': 1 }, skip, ['pass', 'rmse/clarity/I1 is 1, which is at most 5.']],
  ['toString > 0', missing, skip, ['fail', 'was not measured']],
  // With confidence, but nothing to have it from
  ['rmse < 5 with 95% confidence', { rmse: 1 }, skip, ['fail', 'there are no predictions']],
  ['rmse < champion with 95% confidence', { rmse: 1 }, champion({ rmse: 3 }), ['fail', 'there are no predictions']],
  ['rmse < champion with 95% confidence', { rmse: 1 }, skip, ['skip', 'no champion yet']],
]; // prettier-ignore

const outcome = (criterion: Criterion, metrics: Record<string, number>, opponent: Opponent, sure?: Uncertainty) => {
  const { passed, skipped, explanation } = judge(criterion, metrics, opponent, sure);
  return { verdict: skipped && passed ? 'skip' : passed ? 'pass' : 'fail', explanation };
};

describe('Evaluate: one criterion', () => {
  for (const [text, candidate, opponent, [verdict, words]] of table) {
    const against = opponent.kind === 'champion' ? `champion ${JSON.stringify(opponent.metrics, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))}` : opponent.kind === 'none' ? `no champion, ${opponent.comparisons}` : 'itself'; // prettier-ignore
    const values = Object.entries(candidate).map(([name, value]) => `${name}=${value}`).join(' '); // prettier-ignore
    it(`${verdict}: ${text}, given ${values || 'nothing'} against ${against}`, () => {
      const result = outcome(criterionOf(text), candidate, opponent);
      assert.equal(result.verdict, verdict, result.explanation);
      assert.ok(result.explanation.includes(words), result.explanation);
    });
  }

  it('says once what several criteria of one missing metric have in common', () => {
    const { criteria } = parseCriteria('rmse <= 5\nrmse <= champion\nmae <= 5');
    const { decision, reason } = decideAll(criteria.map((each) => judge(each, { mae: 2 }, champion({ rmse: 3 }))));
    assert.equal(decision, 'rejected');
    assert.equal(
      reason,
      '2 of 3 criteria do not hold: rmse was not measured for the candidate. The candidate logged these metrics: mae.',
    );
  });

  describe('with confidence', () => {
    const interval = (rest: Partial<Interval>): Interval => ({
      kind: 'interval',
      candidate: 2.5,
      champion: 3,
      lower: -0.8,
      upper: -0.2,
      level: 0.95,
      rows: 100,
      resamples: 2000,
      method: 'randomisation',
      ...rest,
    });
    const less = criterionOf('rmse < champion with 95% confidence');
    const against = champion({ rmse: 99 });
    const decide = (criterion: Criterion, uncertainty: Uncertainty) =>
      outcome(criterion, { rmse: 99, accuracy: 0 }, against, uncertainty).verdict;

    it('passes where the whole interval is on the right side, by the values of the rows', () => {
      assert.equal(decide(less, interval({})), 'pass');
      assert.equal(decide(less, interval({ upper: 0.01 })), 'fail');
      assert.equal(decide(less, interval({ upper: 0 })), 'fail');
      assert.equal(decide(less, interval({ candidate: 3.1, lower: 0.05, upper: 0.15 })), 'fail');
    });
    it('takes an interval that ends at zero for "at least as good"', () => {
      const same = interval({ candidate: 3, lower: 0, upper: 0 });
      assert.equal(decide(criterionOf('rmse <= champion with 95% confidence'), same), 'pass');
      assert.equal(decide(less, same), 'fail');
    });
    it('fails where the interval cannot be had, and says why', () => {
      const { verdict, explanation } = outcome(less, { rmse: 1 }, against, { kind: 'unavailable', why: 'no rows.' });
      assert.equal(verdict, 'fail');
      assert.equal(explanation, 'rmse cannot be judged with confidence: no rows.');
    });
    it("demands that McNemar's test agrees", () => {
      const more = criterionOf('accuracy > champion with 95% confidence');
      const better = { candidate: 0.9, champion: 0.8, lower: 0.02, upper: 0.2 };
      const test = (pValue: number) => ({ pValue, onlyCandidate: 20, onlyChampion: 10 });
      assert.equal(decide(more, interval({ ...better, mcNemar: test(0.04) })), 'pass');
      assert.equal(decide(more, interval({ ...better, mcNemar: test(0.06) })), 'fail');
      assert.equal(decide(more, interval({ ...better, mcNemar: test(NaN) })), 'fail');
    });
    it('never passes an interval that is not a pair of numbers', () => {
      for (const broken of [{ lower: NaN }, { upper: NaN }, { candidate: NaN }, { champion: NaN }]) {
        assert.equal(decide(less, interval(broken)), 'fail');
      }
    });
  });

  describe('laws', () => {
    const operators: Operator[] = ['<', '<=', '>', '>=', '=='];
    const flipped: Record<Operator, Operator> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==' };
    const operator = fc.constantFrom(...operators);
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    const anything = fc.oneof(value, fc.constantFrom(NaN, Infinity, -Infinity, 0, -0), fc.constant(undefined));
    const limit = fc.oneof(
      value.map((number) => ({ kind: 'number' as const, value: number })),
      value.map((offset) => ({ kind: 'champion' as const, factor: 1, offset })),
      fc
        .double({ noNaN: true, min: 1e-3, max: 10 })
        .map((factor) => ({ kind: 'champion' as const, factor, offset: 0 })),
    );
    const make = (op: Operator, to: Criterion['limit']): Criterion => ({
      text: 'm',
      line: 1,
      metric: 'm',
      slice: [],
      operator: op,
      limit: to,
    });
    const metrics = (number: number | undefined): Record<string, number> => (number === undefined ? {} : { m: number });
    const passes = (criterion: Criterion, own: number | undefined, other: number | undefined) =>
      judge(criterion, metrics(own), champion(metrics(other))).passed;

    it('nothing that is not a finite number ever approves', () => {
      const unfit = fc.constantFrom(undefined, NaN, Infinity, -Infinity);
      fc.assert(
        fc.property(operator, limit, unfit, anything, (op, to, own, other) => {
          assert.equal(passes(make(op, to), own, other), false);
          for (const opponent of [skip, reject, itself]) {
            assert.equal(judge(make(op, to), metrics(own), opponent).passed, false);
          }
        }),
      );
      fc.assert(
        fc.property(operator, limit, value, unfit, (op, to, own, other) => {
          if (to.kind === 'champion') assert.equal(passes(make(op, to), own, other), false);
        }),
      );
    });

    it('a better candidate is never worse off: the operator gives the direction', () => {
      fc.assert(
        fc.property(operator, limit, value, value, value, (op, to, first, second, other) => {
          if (op === '==') return;
          const [low, high] = first < second ? [first, second] : [second, first];
          const [better, worse] = op.startsWith('<') ? [low, high] : [high, low];
          if (passes(make(op, to), worse, other)) assert.ok(passes(make(op, to), better, other));
        }),
      );
    });

    it('turning all signs and the operator around changes nothing', () => {
      fc.assert(
        fc.property(operator, limit, value, value, (op, to, own, other) => {
          if (to.kind === 'champion' && to.factor !== 1) return;
          const turned: Criterion['limit'] =
            to.kind === 'number' ? { kind: 'number', value: -to.value } : { ...to, offset: -to.offset };
          assert.equal(passes(make(op, to), own, other), passes(make(flipped[op], turned), -own, -other));
        }),
      );
    });

    it('a factor of a champion at or below zero never approves', () => {
      fc.assert(
        fc.property(
          operator,
          fc.double({ noNaN: true, min: 1e-3, max: 10 }),
          value,
          value,
          (op, factor, own, other) => {
            if (factor === 1) return;
            const criterion = make(op, { kind: 'champion', factor, offset: 0 });
            assert.equal(passes(criterion, own, -Math.abs(other)), false);
          },
        ),
      );
    });

    it('the explanation names both values', () => {
      fc.assert(
        fc.property(operator, limit, value, value, (op, to, own, other) => {
          const verdict = judge(make(op, to), { m: own }, champion({ m: other }));
          assert.equal(verdict.candidate, own);
          assert.match(verdict.explanation, /^m is .*\d.*\d/s);
        }),
      );
    });
  });
});
