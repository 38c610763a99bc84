import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minimatch } from 'minimatch';
import { bin, judge, type Suite } from '../../../scripts/suites';
import { steps } from '../../../scripts/test';
import { root } from '../../../scripts/taskManifest';

describe('The test runner', () => {
  let folder: string;
  let suite: Suite;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'test-runner-'));
    suite = { name: 'sample', args: [], report: join(folder, 'report.json') };
  });
  after(() => rmSync(folder, { recursive: true }));

  const report = (passes: number, failures: string[], pending: string[]): void =>
    writeFileSync(
      suite.report!,
      JSON.stringify({
        stats: { passes, failures: failures.length, pending: pending.length },
        failures: failures.map((fullTitle) => ({ fullTitle, err: { message: 'it broke' } })),
        pending: pending.map((fullTitle) => ({ fullTitle })),
      }),
    );
  const counts = (exitCode: number): number[] => {
    const { passed, failed, skipped } = judge(suite, exitCode, 'output');
    return [passed, failed, skipped];
  };

  it('counts what the report says', () => {
    report(5, ['a'], ['b', 'c']);
    assert.deepEqual(counts(1), [5, 1, 2]);
    const { details } = judge(suite, 1, 'output');
    assert.deepEqual(details, ['  ✗ a\n    it broke', '  - skipped: b', '  - skipped: c', '    output']);
  });

  it('counts a suite that exits with an error though no test failed', () => {
    report(5, [], []);
    assert.deepEqual(counts(1), [5, 1, 0]);
    assert.deepEqual(counts(0), [5, 0, 0]);
  });

  it('tells what tests left in the temporary folder, and counts it where that fails the run', () => {
    report(5, [], []);
    const output = 'dots\nTests left in the temporary folder: train-abcdef. What makes a folder removes it.\n';
    const told = judge(suite, 0, output);
    assert.deepEqual([told.failed, told.details.length], [0, 1]);
    assert.match(told.details[0]!, /train-abcdef/);
    assert.equal(judge(suite, 1, output).failed, 1);
  });

  it('fails a run that leaves a folder, and removes it', function () {
    const file = join(folder, 'leaves.test.ts');
    const text = "it('leaves', () => void require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/left-'));";
    writeFileSync(file, text);
    const { TESTS_TEMPORARY_FOLDER: _ours, ...env } = process.env;
    const place = { TMPDIR: folder, TEMP: folder, TMP: folder };
    for (const [strict, code] of [
      ['true', 1],
      ['', 0],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [bin('mocha', 'bin', 'mocha.js'), '--spec', file], {
        ...{ cwd: root, encoding: 'utf8' },
        env: { ...env, ...place, TESTS_LEAVE_NOTHING: strict },
      });
      assert.equal(status, code, stderr);
      assert.match(stderr, /Tests left in the temporary folder: left-\w+\. What makes/);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('tests-')),
        [],
      );
    }
  });

  it('counts a suite that died before its report as failed', () => {
    assert.deepEqual(judge({ ...suite, report: join(folder, 'none.json') }, 0, 'boom'), {
      passed: 0,
      failed: 1,
      skipped: 0,
      details: ['    boom'],
    });
  });

  it('judges a check by its exit code', () => {
    assert.deepEqual(judge({ name: 'lint', args: [] }, 0, ''), { passed: 1, failed: 0, skipped: 0, details: [] });
    assert.equal(judge({ name: 'lint', args: [] }, 2, 'line 1').failed, 1);
  });

  it('runs each file of tests in one suite, and the units on each Node', () => {
    const suites = steps().flatMap(({ suites }) => suites.filter(({ report }) => report));
    const specs = suites.map(({ args }) => args[args.indexOf('--spec') + 1]!);
    const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
      .map((file) => `test/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith('.test.ts') && !/node_modules|^test\/mutation/.test(file));
    assert.ok(files.length > 200);
    const often = (file: string): number => specs.filter((spec) => minimatch(file, spec)).length;
    const units = often('test/unit/scripts/testRunner.test.ts');
    assert.ok(units >= 1);
    assert.deepEqual(
      files.filter((file) => often(file) !== (file.startsWith('test/unit/') ? units : 1)),
      [],
    );
    assert.deepEqual(
      specs.filter((spec) => !files.some((file) => minimatch(file, spec))),
      [],
    );
  });
});
