import assert from 'node:assert/strict';
import { exitCode } from '../../../local/localRun';

describe('the exit code of a run', () => {
  for (const [result, code] of [
    ['succeeded', 0],
    // As where a step with continueOnError has failed: Azure Pipelines goes on.
    ['succeededWithIssues', 0],
    ['failed', 1],
    ['canceled', 130],
  ] as const) {
    it(`is ${code} where it is ${result}`, () => assert.equal(exitCode({ result, errors: [] }), code));
  }

  it('is 1 where local Azure has ended in the middle', () => {
    assert.equal(exitCode({ result: 'canceled', errors: ['Local Azure has ended.'] }), 1);
  });
});
