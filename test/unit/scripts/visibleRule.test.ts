import assert from 'node:assert/strict';
import { parseVisibleRule } from '../../../scripts/visibleRule';

describe('visibleRule', () => {
  it('is read as the designer reads it', () => {
    assert.deepEqual(parseVisibleRule('jobSource = file'), [{ input: 'jobSource', operator: '=', value: 'file' }]);
    assert.deepEqual(parseVisibleRule('a != x && b = true'), [
      { input: 'a', operator: '!=', value: 'x' },
      { input: 'b', operator: '=', value: 'true' },
    ]);
    assert.deepEqual(parseVisibleRule('name NotEndsWith .json || name ='), [
      { input: 'name', operator: 'NotEndsWith', value: '.json' },
      { input: 'name', operator: '=', value: '' },
    ]);
  });

  for (const rule of ['', 'a', 'a == b', '(a = b)', 'a = b && c = d || e = f', 'a = b &&', '= b', 'a = !b']) {
    it(`refuses '${rule}'`, () => assert.throws(() => parseVisibleRule(rule)));
  }
});
