import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../../../local/python/findPython';
import { root } from '../../../scripts/taskManifest';

describe('pip in a build of the embedded engine', function () {
  this.timeout(120_000);
  let folder: string;
  let environment: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pip-by-uv-'));
    environment = join(folder, 'environment');
    const python = await findPython();
    assert.equal(spawnSync(python.executable, ['-m', 'venv', environment]).status, 0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Calls pip as an image's command does, with a program in the place of uv that says what it is asked for. */
  function pip(args: string[], { uvEndsWith = 0, program = ['python', '-m', 'pip'] } = {}): string {
    const uv = join(folder, 'uv');
    writeFileSync(uv, `#!/bin/sh\necho "uv is asked: $*"\nexit ${uvEndsWith}\n`);
    chmodSync(uv, 0o755);
    const [name = '', ...words] = program;
    const { stdout, stderr } = spawnSync(join(environment, 'bin', name), [...words, ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        PYTHONPATH: join(root, 'local', 'azure', 'engine', 'embedded', 'python'),
        LOCAL_AZURE_UV: uv,
        PIP_NO_INDEX: '1',
      },
    });
    return stdout + stderr;
  }

  for (const program of [['python', '-m', 'pip'], ['pip']]) {
    it(`is done by uv, called as ${program.join(' ')}`, () => {
      const said = pip(
        ['install', '--no-cache-dir', '--progress-bar', 'off', '-r', 'requirements.txt', 'six==1.17.0'],
        {
          program,
        },
      );
      assert.match(said, /uv installs what pip is asked for/);
      assert.match(
        said,
        /uv is asked: pip install --python \S+ --link-mode copy --compile-bytecode -r requirements.txt six==1.17.0\n/,
      );
      assert.doesNotMatch(said, /ERROR/);
    });
  }

  it('does itself what uv cannot', () => {
    const said = pip(['install', 'no-such-package'], { uvEndsWith: 1 });
    assert.match(said, /uv could not do it; pip tries/);
    assert.match(said, /ERROR: No matching distribution found for no-such-package/);
  });

  for (const option of ['--target=elsewhere', '--user', '--require-hashes', '-e']) {
    it(`keeps ${option}, which uv may take otherwise, to itself`, () => {
      assert.doesNotMatch(pip(['install', option, 'no-such-package']), /uv is asked/);
    });
  }

  it('keeps other commands to itself', () => assert.doesNotMatch(pip(['list']), /uv is asked/));
});
