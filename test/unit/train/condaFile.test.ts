import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { readCondaFile } from '../../../tasks/common/azure/ml/jobs/rest/condaFile';

describe('the Conda file of a job', () => {
  let directory: string;
  const write = (name: string, text: string | Buffer) => writeFileSync(path.join(directory, name), text);
  const read = () => readCondaFile(path.join(directory, 'conda.yml'));
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'conda-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is sent as it is where the text says everything', async () => {
    const text = '# mine\ndependencies:\n- python=3.11\n- pip:\n  - numpy==1.26.4\n';
    write('conda.yml', text);
    assert.equal(await read(), text);
  });

  it('has what -r names in its place, as the service has no such file', async () => {
    write('conda.yml', 'dependencies: [python=3.11, {pip: ["-r requirements.txt", pandas]}]\n');
    write('requirements.txt', '-rbase.txt\nscipy # new\n');
    write('base.txt', Buffer.from('\uFEFFnumpy\r\n', 'utf16le'));
    assert.deepEqual(parse(await read()), { dependencies: ['python=3.11', { pip: ['numpy', 'scipy', 'pandas'] }] });
  });

  for (const line of ['-e .', './own.whl', '-c limits.txt', '--find-links .']) {
    it(`is refused with ${line}, which lies on the agent`, async () => {
      write('own.whl', '');
      write('limits.txt', 'numpy<3');
      write('conda.yml', `dependencies: [python=3.11, {pip: ["${line}"]}]\n`);
      await assert.rejects(read(), /which lies on the agent.*gets only the text of the Conda file/s);
    });
  }

  it('is refused where it is too big to be one', async () => {
    write('conda.yml', Buffer.alloc(5e6, ' '));
    await assert.rejects(read(), /conda\.yml has 5\.0 MB/);
  });
});
