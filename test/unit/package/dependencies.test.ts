import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { fromCondaFile, fromRequirements } from '../../../tasks/PackageImage/plan/dependencies';

describe('dependencies of the image', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'dependencies-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes a Conda file apart into two steps', async () => {
    const text = `name: x\nprefix: /home/me/env\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - libgomp\n  - pip:\n      - scikit-learn==1.6.1\n`;
    const { conda, requirements } = await fromCondaFile(text, 'conda.yml', directory);
    assert.deepEqual(parse(conda!), { channels: ['conda-forge'], dependencies: ['python=3.11', 'libgomp', 'pip'] });
    assert.equal(requirements, 'scikit-learn==1.6.1\nazureml-inference-server-http==1.5.1\n');
  });

  for (const [title, line] of [
    ['pins its own version', 'azureml-inference-server-http==1.4.0'],
    ['writes its name otherwise', 'AzureML_Inference.Server-HTTP >= 1.3'],
    ['brings it along by azureml-defaults', 'azureml-defaults==1.60.0'],
  ] as const) {
    it(`leaves the server to a list that ${title}`, () => {
      assert.equal(fromRequirements(`${line}\n`, directory).requirements, `${line}\n`);
    });
  }

  it('adds the server where only a package of a similar name is asked for', () => {
    assert.match(fromRequirements('azureml-inference-server-http-extras\n', directory).requirements, /http==1\.5\.1/);
  });

  it('puts included files in their place and constraints beside', () => {
    writeFileSync(path.join(directory, 'base.txt'), 'numpy\n-c limits.txt\n');
    writeFileSync(path.join(directory, 'limits.txt'), 'numpy<3\n');
    const { requirements, constraints } = fromRequirements('# comment\n-r base.txt\npandas\n', directory);
    assert.equal(requirements, 'numpy\n--constraint constraints-1.txt\npandas\nazureml-inference-server-http==1.5.1\n');
    assert.deepEqual([...constraints], [['constraints-1.txt', 'numpy<3\n']]);
  });

  it('refuses a file that includes itself, one that is not there, and a Conda file without Python', async () => {
    writeFileSync(path.join(directory, 'loop.txt'), '-r loop.txt\n');
    assert.throws(() => fromRequirements('-r loop.txt', directory), /includes itself/);
    assert.throws(
      () => fromRequirements('-r gone.txt', directory),
      /gone\.txt \("-r gone\.txt"\), which does not exist/,
    );
    await assert.rejects(fromCondaFile('dependencies: [numpy]', 'c.yml', directory), /names no version of Python/);
    await assert.rejects(fromCondaFile('- a', 'c.yml', directory), /has no list "dependencies"/);
    await assert.rejects(fromCondaFile('a: [', 'c.yml', directory), /is not YAML/);
  });
});
