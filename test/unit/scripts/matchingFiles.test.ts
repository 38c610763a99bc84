import assert from 'node:assert/strict';
import { matchingFiles } from '../../../scripts/matchingFiles';

describe('The files of patterns', () => {
  it('are found in folders at any depth, and by alternatives', () =>
    assert.deepEqual(
      matchingFiles('test/unit', [
        'test/unit/scripts/{matchingFiles,s*Shares}.test.ts',
        'test/**/matchingFiles.test.ts',
      ]).sort(),
      ['test/unit/scripts/matchingFiles.test.ts', 'test/unit/scripts/suiteShares.test.ts'],
    ));

  it('leave out those that a pattern excludes', () =>
    assert.ok(!matchingFiles('test/unit', ['test/unit/scripts/!(matchingFiles).test.ts']).join().includes('matching')));

  for (const pattern of ['test/unit/nowhere/**/*.test.ts', 'test/unit/scripts/{matchingFiles,renamed}.test.ts'])
    it(`are not taken as none where ${pattern} matches none`, () =>
      assert.throws(() => matchingFiles('test/unit', [pattern]), /No file in test\/unit matches \S*(nowhere|renamed)/));
});
