import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { takeFileLock } from '../../../local/azure/processes/fileLock';
import { processStartTime } from '../../../local/azure/processes/processRecords';

describe('a lock that is a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'lock-'));
    file = path.join(folder, 'lock.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held by only one, and free when it is released', () => {
    const first = takeFileLock(file);
    assert.ok('release' in first);
    assert.deepEqual(takeFileLock(file), { owner: { pid: process.pid, startTime: processStartTime(process.pid) } });
    first.release();
    assert.ok('release' in takeFileLock(file));
    assert.deepEqual(readdirSync(folder), ['lock.json']);
  });

  for (const [what, content] of [
    ['names a process that is gone', JSON.stringify({ pid: process.pid, startTime: 'long ago' })],
    ['names nobody', ''],
  ]) {
    it(`counts for nothing where it ${what}`, () => {
      writeFileSync(file, content!);
      assert.ok('release' in takeFileLock(file));
      assert.ok(existsSync(file));
    });
  }

  it('names its owner at every moment that it is there', async () => {
    const module = path.resolve('local/azure/processes/fileLock.ts');
    const script = `
      const { takeFileLock } = require(${JSON.stringify(module)});
      console.log('begins');
      for (let taken = 0; taken < 3000; taken++) takeFileLock(${JSON.stringify(file)}).release();`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let ended = false;
    child.on('exit', () => (ended = true));
    await once(child.stdout, 'data');
    let [seen, nameless] = [0, 0];
    while (!ended) {
      for (let look = 0; look < 1000; look++) {
        try {
          const content = readFileSync(file, 'utf8');
          seen++;
          if (!content) nameless++;
        } catch {
          // It is not held just now.
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(child.exitCode, 0);
    assert.ok(seen > 0);
    assert.equal(nameless, 0);
  });
});
