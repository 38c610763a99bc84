import assert from 'node:assert/strict';
import { slicesOf } from '../../../views/slices';

describe('slices of the data', () => {
  it('are the metrics below a metric of the whole, by column', () => {
    const { whole, sliced } = slicesOf({ rmse: 1, 'rmse.clarity.IF': 2, 'rmse.clarity.VS.1': 3, 'rmse.cut.Fair': 4 });
    assert.deepEqual(whole, { rmse: 1 });
    assert.deepEqual(sliced, [
      {
        name: 'rmse by clarity',
        metric: 'rmse',
        column: 'clarity',
        values: [
          ['IF', 2],
          ['VS.1', 3],
        ],
      },
      { name: 'rmse by cut', metric: 'rmse', column: 'cut', values: [['Fair', 4]] },
    ]);
  });

  for (const [title, metrics, criteria] of [
    ['a slash', { rmse: 1, 'rmse/clarity/IF': 2, 'rmse/clarity/VS/1': 3 }, []],
    ['brackets', { rmse: 1, 'rmse[clarity=IF]': 2, 'rmse[clarity=VS/1]': 3 }, []],
    ['a line below, by a criterion', { rmse: 1, rmse_clarity_IF: 2, 'rmse_clarity_VS/1': 3 }, ['rmse[clarity=IF]']],
    [
      'a line below, by a disparity',
      { rmse: 1, rmse_clarity_IF: 2, 'rmse_clarity_VS/1': 3 },
      ['max ratio of rmse over clarity'],
    ],
  ] as Array<[string, Record<string, number>, string[]]>) {
    it(`are found by ${title}`, () => {
      const { whole, sliced } = slicesOf(metrics, criteria.map((metric) => ({ metric }))); // prettier-ignore
      assert.deepEqual(whole, { rmse: 1 });
      assert.deepEqual(sliced.map(({ name, values }) => [name, ...values]), [['rmse by clarity', ['IF', 2], ['VS/1', 3]]]); // prettier-ignore
    });
  }

  it('are of the longest metric whose name they begin with, and of several columns in brackets', () => {
    const metrics = { val: 1, 'val/f1': 2, 'val/f1/region/eu': 3, 'f1[sex=f, age=old]': 4 };
    const { whole, sliced } = slicesOf(metrics);
    assert.deepEqual(Object.keys(whole), ['val', 'val/f1']);
    assert.deepEqual(sliced, [
      { name: 'val/f1 by region', metric: 'val/f1', column: 'region', values: [['eu', 3]] },
      { name: 'f1 by sex, age', metric: 'f1', column: 'sex, age', values: [['f, old', 4]] },
    ]);
  });

  it('are not other metrics with signs in their names', () => {
    const metrics = { recall: 1, recall_at_5: 2, recall_at_10: 3, 'recall/macro': 4, 'toString.a.b': 5, 'a[b]': 6, 'recall.': 7, 'recall..x': 8 }; // prettier-ignore
    assert.deepEqual(slicesOf(metrics, [{ metric: 'recall[region=eu]' }]), { whole: metrics, sliced: [] });
  });

  it('are not other metrics with dots in their names', () =>
    assert.deepEqual(slicesOf({ 'val.f1.macro': 1, 'train.loss': 2 }), {
      whole: { 'val.f1.macro': 1, 'train.loss': 2 },
      sliced: [],
    }));
});
