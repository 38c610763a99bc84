import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeOf } from '../../projects/runner/outcome';

describe('the judgement of a project’s run', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'outcome-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const step = (task: string, issues: Array<{ type: string; message: string }> = [], result = 'succeeded') => ({
    displayName: task,
    task,
    result,
    issues,
  });
  const record = {
    evaluation: { decision: 'approved' },
    deployment: {},
    tests: { passed: true, total: 9, failed: 0, skipped: 2, promotion: { isChampion: true } },
  };
  const judge = (run: object, model: object | undefined, expect = {}) => {
    const stages = [{ name: 'build', result: 'succeeded', jobs: [{ steps: [step('MLOpsTestEndpoint@1')] }] }];
    const whole = { result: 'succeeded', errors: [], stages, modelRecord: model && 'record.json', ...run };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(whole));
    if (model) writeFileSync(join(folder, 'record.json'), JSON.stringify(model));
    return outcomeOf(folder, { decision: 'approved', champion: true, deploys: true, ...expect });
  };

  it('is green for a model that is approved, deployed, tested and champion', () => {
    assert.deepEqual(judge({}, record), { decision: 'approved', tests: '7 of 9', findings: 0, faults: [] });
  });

  it('counts the findings of Test-Endpoint, which fail nothing', () => {
    const findings = [{ sent: 'nothing at all', answered: 'The status is 500.' }];
    const tests = { ...record.tests, findings };
    assert.deepEqual(judge({ result: 'succeededWithIssues' }, { ...record, tests }).findings, 1);
  });

  for (const [what, run, model, expect, fault] of [
    ['a run that failed', { result: 'failed' }, record, {}, /run failed/],
    [
      'a step that failed',
      { stages: [{ name: 'b', result: 'succeeded', jobs: [{ steps: [step('x', [], 'failed')] }] }] },
      record,
      {},
      /^x: failed/,
    ],
    ['a stage that was skipped', { stages: [{ name: 'b', result: 'skipped', jobs: [] }] }, record, {}, /b is skipped/],
    [
      'a stage that ran and should not',
      {},
      record,
      { stages: { build: 'skipped' } },
      /build is succeeded, and should be skipped/,
    ],
    ['no record', {}, undefined, {}, /no model record/],
    [
      'a rejected model',
      {},
      { ...record, evaluation: { decision: 'rejected' } },
      {},
      /is rejected, and should be approved/,
    ],
    ['a model that is not deployed', {}, { ...record, deployment: undefined }, {}, /not deployed/],
    ['one that is, and should not', {}, record, { deploys: false }, /it is deployed/],
    ['a failed test', {}, { ...record, tests: { ...record.tests, passed: false } }, {}, /not passed its tests/],
    ['no champion', {}, { ...record, tests: { ...record.tests, promotion: undefined } }, {}, /not the champion/],
  ] as Array<[string, object, object | undefined, object, RegExp]>) {
    it(`is red for ${what}`, () => {
      const { faults } = judge(run, model, expect);
      assert.match(faults.join('\n'), fault);
    });
  }
});
