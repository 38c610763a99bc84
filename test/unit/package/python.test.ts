import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import answers from '../../../tasks/PackageImage/python/mlops_answers.py';
import { findPython } from '../../../local/python/findPython';

const sources = path.join(__dirname, '../../../tasks/PackageImage/python');

describe('the Python that goes into images', () => {
  let python: string;
  before(async () => void ({ executable: python } = await findPython()));

  const run = (...args: string[]) => spawnSync(python, ['-B', ...args], { encoding: 'utf8' });

  it('is Python, each file of it', () => {
    const files = readdirSync(sources).filter((name) => name.endsWith('.py'));
    assert.ok(files.length >= 5);
    // As py_compile, but without leaving compiled files beside the sources.
    const check = 'import sys; [compile(open(f).read(), f, "exec", dont_inherit=True) for f in sys.argv[1:]]';
    const { status, stderr } = run('-c', check, ...files.map((name) => path.join(sources, name)));
    assert.equal(status, 0, stderr);
  });

  it('passes its own unit tests', () => {
    const { status, stderr } = run(path.join(__dirname, 'python', 'test_self_testing.py'));
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Ran \d\d tests/);
  });

  it('reaches the task as it lies there', () => {
    assert.equal(answers, readFileSync(path.join(sources, 'mlops_answers.py'), 'utf8'));
  });
});
