import assert from 'node:assert/strict';
import { disparitySureness, type Group } from '../../../tasks/Evaluate/confidence/disparity';
import { meanMetric, r2Metric } from '../../../tasks/Evaluate/confidence/pairedMetric';

const column = (count: number, of: (row: number) => number) =>
  Float64Array.from({ length: count }, (_, row) => of(row));
/** Values about a mean, evenly as far to both sides. */
const group = (name: string, mean: number, spread = 0.2, count = 40): Group => ({
  name,
  metric: meanMetric(column(count, (row) => mean + spread * (row % 2 ? 1 : -1)), undefined),
}); // prettier-ignore
const difference = { kind: 'difference', over: 'region' } as const;
const ratio = { kind: 'ratio', over: 'region' } as const;
const three = [group('a', 2), group('b', 1), group('c', 4)];

const interval = async (...given: Parameters<typeof disparitySureness>) => {
  const sure = await disparitySureness(...given);
  assert.ok(sure.kind === 'interval', JSON.stringify(sure));
  return sure;
};
const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`);

describe('Evaluate: how sure a difference between groups is', () => {
  it('tells the value of each group, and the interval of disparity − limit', async () => {
    for (const [kind, limit, disparity] of [
      [difference, 2.5, 3],
      [ratio, 0.2, 0.25],
    ] as const) {
      const sure = await interval(three, kind, limit, 0.95);
      near(sure.candidate, disparity);
      assert.deepEqual([...sure.groups!.keys()], ['a', 'b', 'c']);
      for (const [at, value] of [2, 1, 4].entries()) near([...sure.groups!.values()][at]!, value);
      assert.deepEqual([sure.rows, sure.level, sure.resamples, sure.method], [120, 0.95, 2000, 'bootstrap']);
      assert.ok(sure.lower < disparity - limit && disparity - limit < sure.upper, `${sure.lower} to ${sure.upper}`);
    }
  });

  for (const [kind, limit, isSure] of [
    [difference, 3.5, true],
    [difference, 3.01, false],
    [difference, 2.5, false],
    [ratio, 0.2, true],
    [ratio, 0.249, false],
    [ratio, 0.3, false],
  ] as const) {
    it(`is ${isSure ? '' : 'not '}sure of a ${kind.kind} of at ${kind === ratio ? 'least' : 'most'} ${limit}, whichever group comes first`, async () => {
      for (const groups of [three, [...three].reverse(), [three[1]!, three[2]!, three[0]!]]) {
        const { lower, upper } = await interval(groups, kind, limit, 0.95);
        assert.equal(kind === ratio ? lower >= 0 : upper <= 0, isSure, `${lower} to ${upper}`);
      }
    });
  }

  it('moves with the limit', async () => {
    const [low, high] = [await interval(three, difference, 1, 0.95), await interval(three, difference, 2, 0.95)];
    near(low.upper - high.upper, 1);
    near(low.lower - high.lower, 1);
  });

  it('is that of the pair that is least sure, which need not be the farthest apart', async () => {
    const vague = group('d', 3.9, 3);
    const without = await interval(three, difference, 0, 0.95);
    const more = await interval([...three, vague], difference, 0, 0.95);
    near(more.candidate, 3);
    assert.ok(more.upper > without.upper + 0.5, `${more.upper} against ${without.upper}`);
  });

  it('counts rows that are imagined, too: groups that all say the same are not surely equal', async () => {
    const all = (name: string) => ({ name, metric: meanMetric(column(20, (row) => Number(row > 0)), undefined) }); // prettier-ignore
    const sure = await interval([all('a'), all('b')], difference, 0.001, 0.95);
    assert.ok(sure.candidate === 0 && sure.upper > 0);
  });

  const lone = r2Metric(column(20, (row) => Number(row === 0)), column(20, (row) => row / 100), undefined); // prettier-ignore
  const none = r2Metric(new Float64Array(20).fill(1), new Float64Array(20), undefined);
  const many = (count: number) => Array.from({ length: count }, (_, at) => group(`g${at}`, 1, 0, 3));
  for (const [groups, why] of [
    [[], 'there are rows of 0 groups; it takes two to differ.'],
    [[group('a', 1)], 'there are rows of 1 group; it takes two to differ.'],
    [many(51), 'there are 51 groups, and more than 50 are too many.'],
    [many(50), 'in the group g0, there are 3 rows; at 95% confidence it takes at least 12.'],
    [[group('a', 1), group('b', 1, 1, 11)], 'in the group b, there are 11 rows; at 95% confidence it takes at least 12.'],
    [[group('a', 1), { name: 'b', metric: none }], 'the metric has no value for the rows of a group.'],
    [[group('a', 1), { name: 'b', metric: lone }], 'the metric has no value for a group any more where some rows are left out; it takes more rows.'],
  ] as Array<[Group[], string]>) {
    it(`is not told: ${why}`, async () =>
      assert.deepEqual(await disparitySureness(groups, difference, 0.5, 0.95), { kind: 'unavailable', why }));
  } // prettier-ignore

  it('has no ratio where a group is below 0', async () => {
    const sure = await disparitySureness([group('a', -1), group('b', 1)], ratio, 0.5, 0.95);
    assert.deepEqual(sure, { kind: 'unavailable', why: 'the metric has no value for the rows of a group.' });
  });
});
