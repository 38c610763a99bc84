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

  it('are not other metrics with dots in their names', () =>
    assert.deepEqual(slicesOf({ 'val.f1.macro': 1, 'train.loss': 2 }), {
      whole: { 'val.f1.macro': 1, 'train.loss': 2 },
      sliced: [],
    }));
});
