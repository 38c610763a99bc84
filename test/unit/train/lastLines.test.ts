import assert from 'node:assert/strict';
import { withLastLines } from '../../../tasks/common/azure/ml/jobs/follow/lastLines';

describe("a failure with the last lines of its job's log", () => {
  it('ends its sentence first', () => {
    assert.equal(
      withLastLines('Error: no such file', ['one', 'two']),
      'Error: no such file. The last lines of its log:\n  one\n  two',
    );
    assert.equal(withLastLines('It failed.', ['one']), 'It failed. The last lines of its log:\n  one');
  });

  it('is left as it is where the job wrote nothing', () => {
    assert.equal(withLastLines('Error: no such file', []), 'Error: no such file');
  });

  it('shows ten lines at most', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    assert.equal(withLastLines('It failed.', lines).split('\n').length, 11);
    assert.match(withLastLines('It failed.', lines), /line 29$/);
  });
});
