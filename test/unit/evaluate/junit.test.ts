import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJUnit } from '../../../local/agent/testResults';
import { junitXml, type JUnitSuite } from '../../../tasks/common/junit';

describe('JUnit', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'junit-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  const read = (suites: JUnitSuite[]) => {
    const file = join(directory, 'results.xml');
    writeFileSync(file, junitXml(suites, new Date('2026-01-02T03:04:05Z')));
    return readJUnit(file);
  };

  it('says of each case what became of it', () => {
    const cases = read([
      {
        name: 'Criteria',
        cases: [
          { name: 'rmse <= 5 & "x"', className: 'Evaluate', seconds: 1.5 },
          { name: 'r2 > 0', className: 'Evaluate', failure: { message: 'too low', details: 'line 1\nline 2' } },
          { name: 'auc', className: 'Evaluate', skipped: 'no champion' },
        ],
      },
    ]);
    assert.deepEqual(cases, [
      { suite: 'Criteria', name: 'rmse <= 5 & "x"', className: 'Evaluate', seconds: 1.5, outcome: 'passed' },
      { suite: 'Criteria', name: 'r2 > 0', className: 'Evaluate', seconds: 0, outcome: 'failed', message: 'too low', details: 'line 1\nline 2' },
      { suite: 'Criteria', name: 'auc', className: 'Evaluate', seconds: 0, outcome: 'skipped', message: 'no champion' },
    ]); // prettier-ignore
  });

  it('leaves out characters that XML cannot hold', () => {
    assert.equal(read([{ name: 's', cases: [{ name: 'a\u0000b\u001bc\ud800d', className: 'c' }] }])[0]!.name, 'abcd');
  });
});
