import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

describe('the temporary folder of a run of tests', () => {
  let shared: string;
  beforeEach(() => (shared = mkdtempSync(join(tmpdir(), 'shared-'))));
  afterEach(() => rmSync(shared, { recursive: true }));

  /** Runs what would be a run of tests. @returns the folders of runs that are there then */
  const run = (script = ''): string[] => {
    const { TESTS_TEMPORARY_FOLDER: _, NODE_OPTIONS: __, ...env } = process.env;
    const folder = resolve('test/support/ownTemporaryFolder.cjs');
    const places = { TMPDIR: shared, TEMP: shared, TMP: shared };
    spawnSync(process.execPath, ['-e', `require(${JSON.stringify(folder)});${script}`], { env: { ...env, ...places } });
    return readdirSync(shared).filter((name) => name.startsWith('tests-'));
  };
  const killed = () => run('process.kill(process.pid, "SIGKILL")');

  it('goes with the run, and the next one removes that of a run that was killed', () => {
    assert.equal(run().length, 0);
    const [left, ...others] = killed();
    assert.match(left!, /^tests-\d{7,}-\w{6}$/);
    assert.deepEqual([others, run()], [[], []]);
  });

  it('stays for a day where it is that of another machine or container, whose processes cannot be asked for', () => {
    const [left] = killed();
    const owner = join(shared, left!, '.owner');
    assert.ok(existsSync(owner));
    writeFileSync(owner, 'elsewhere');
    assert.deepEqual(run(), [left], 'of another');
    rmSync(owner);
    assert.deepEqual(run(), [left], 'whose is not known yet');
    const before = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(join(shared, left!), before, before);
    assert.deepEqual(run(), []);
  });
});
