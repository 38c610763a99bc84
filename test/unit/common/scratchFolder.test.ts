import assert from 'node:assert/strict';
import fs, { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { inScratchFolder } from '../../../tasks/common/scratchFolder';

describe('a scratch folder', () => {
  let temp: string;
  let said: string[];
  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'scratch-'));
    said = [];
  });
  afterEach(() => {
    sinon.restore();
    rmSync(temp, { recursive: true });
  });

  const log = { debug: (text: string) => said.push(text) };
  const work = <T>(end: (folder: string) => T) =>
    inScratchFolder({ temp, name: 'build' }, log, async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      return Promise.resolve(end(folder));
    });

  it('is gone after the work, however that ends', async () => {
    assert.ok(!existsSync(await work((folder) => folder)));
    let left = '';
    await assert.rejects(
      work((folder) => {
        left = folder;
        throw new Error('the build failed');
      }),
      /^Error: the build failed$/,
    );
    assert.ok(left.startsWith(join(temp, 'build-')) && !existsSync(left));
    assert.deepEqual(said, []);
  });

  it('that cannot be removed changes neither the result nor the error', async () => {
    sinon.stub(fs, 'rmSync').throws(new Error('EBUSY: resource busy'));
    assert.equal(await work(() => 'the digest'), 'the digest');
    const failing = work(() => {
      throw new Error('the build failed');
    });
    await assert.rejects(failing, /^Error: the build failed$/);
    assert.equal(said.length, 2);
    for (const text of said) assert.match(text, /^The temporary folder .*build-\w+ stays: EBUSY: resource busy/);
  });
});
