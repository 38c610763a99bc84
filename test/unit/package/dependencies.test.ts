import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import type { ContextFile } from '../../../tasks/PackageImage/context/buildContext';
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

  const texts = async (files: readonly ContextFile[]) => {
    const found: Record<string, string> = {};
    for (const file of files) {
      const { stream } = await file.open(new AbortController().signal);
      found[file.path] = Buffer.concat(await stream.toArray()).toString();
    }
    return found;
  };
  const write = (name: string, text: string | Buffer) => {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  };

  it('installs the server by itself where the list has hashes, and lets it change nothing', async () => {
    const list =
      '--index-url https://pypi.example.net/simple\nnumpy==1.26.4 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\npandas[excel]==2.2.3 ; python_version > "3.9" --hash=sha256:cc\n';
    const { requirements, server, files } = fromRequirements(list, directory);
    assert.match(requirements, /^numpy==1\.26\.4\s+--hash=sha256:aa\s+--hash=sha256:bb$/m);
    assert.doesNotMatch(requirements, /inference-server/);
    assert.equal(
      server,
      '--index-url https://pypi.example.net/simple\n--constraint installed.txt\nazureml-inference-server-http==1.5.1\n',
    );
    assert.deepEqual(await texts(files), {
      'dependencies/installed.txt': 'numpy==1.26.4\npandas==2.2.3 ; python_version > "3.9"\n',
    });
    const named = fromRequirements('azureml-inference-server-http==1.5.1 --hash=sha256:aa\n', directory);
    assert.equal(named.server, undefined);
  });

  it('takes along what lies on this machine', async () => {
    write('wheels/own-1.0-py3-none-any.whl', 'wheel');
    write('project/pyproject.toml', '[project]');
    write('links/a.whl', 'a');
    const { requirements, files } = fromRequirements(
      './wheels/own-1.0-py3-none-any.whl[extra] ; python_version > "3"\n-e ./project\n--find-links ./links\nown2 @ file:wheels/own-1.0-py3-none-any.whl\n',
      directory,
    );
    assert.equal(
      requirements,
      './package-1/own-1.0-py3-none-any.whl[extra] ; python_version > "3"\n./package-2\n--find-links links-3\n./package-4/own-1.0-py3-none-any.whl\nazureml-inference-server-http==1.5.1\n',
    );
    assert.deepEqual(await texts(files), {
      'dependencies/package-1/own-1.0-py3-none-any.whl': 'wheel',
      'dependencies/package-2/pyproject.toml': '[project]',
      'dependencies/links-3/a.whl': 'a',
      'dependencies/package-4/own-1.0-py3-none-any.whl': 'wheel',
    });
  });

  for (const line of ['./wheels/gone.whl', '-e ./gone', '--find-links ./gone', '-rgone.txt', 'gone.tar.gz']) {
    it(`refuses ${line}, which is not there, before anything is built`, () => {
      assert.throws(() => fromRequirements(`numpy\n${line}\n`, directory), /gone.*which does not exist/);
    });
  }

  for (const line of [
    '-e git+https://git.example.net/a.git@v1#egg=a',
    'a @ https://example.net/a.whl',
    'https://example.net/a-1.0-py3-none-any.whl',
    '--find-links https://example.net/wheels',
    '--find-links /${WHEELS}',
    '/opt/wheels/of-the-base-1.0-py3-none-any.whl',
    'numpy>=1.26; python_version < "3.12"',
    '--extra-index-url=https://example.net/simple',
  ]) {
    it(`leaves ${line} as it is`, () => {
      assert.equal(fromRequirements(`${line}\n`, directory).requirements.split('\n')[0], line);
    });
  }

  it('resolves -r and -c without a space, in one another, and from the folder of the file that names them', async () => {
    write('sub/base.txt', '-cmore/limits.txt\nnumpy # the newest\n');
    write('sub/more/limits.txt', '-c deeper.txt\nscipy<2\n');
    write('sub/more/deeper.txt', 'numpy<3\n');
    const { requirements, files } = fromRequirements('-rsub/base.txt\n', directory);
    assert.equal(requirements, '--constraint constraints-1.txt\nnumpy\nazureml-inference-server-http==1.5.1\n');
    assert.deepEqual(await texts(files), { 'dependencies/constraints-1.txt': 'numpy<3\nscipy<2\n' });
  });

  it('reads each file in the encoding that it has', () => {
    write('utf16.txt', Buffer.from('\uFEFFidna==3.7\r\n', 'utf16le'));
    write('utf8.txt', '\uFEFFidna==3.7\r\n');
    write('latin.txt', Buffer.from('# coding: latin-1\n# gr\u00fc\u00dfe\nidna==3.7\n', 'latin1'));
    for (const name of ['utf16.txt', 'utf8.txt', 'latin.txt']) {
      assert.equal(fromRequirements(`-r ${name}`, directory).requirements.split('\n')[0], 'idna==3.7', name);
    }
    write('broken.txt', Buffer.from([0x69, 0xff, 0xfe]));
    assert.throws(() => fromRequirements('-r broken.txt', directory), /broken\.txt cannot be read as UTF-8 text/);
    write('big.txt', Buffer.alloc(5e6));
    assert.throws(() => fromRequirements('-r big.txt', directory), /big\.txt has 5\.0 MB, more than/);
  });

  it('drops nothing of a Conda file in silence', async () => {
    const read = (text: string) => fromCondaFile(text, 'c.yml', directory);
    const { requirements, variables } = await read(
      'variables: {API: "https://x", N: 3}\ndependencies: [python=3.11, {pip: [a]}, {pip: [b]}]\n',
    );
    assert.equal(requirements, 'a\nb\nazureml-inference-server-http==1.5.1\n');
    assert.deepEqual(variables, { API: 'https://x', N: '3' });
    await assert.rejects(read('dependencies: [python=3.11, {npm: [a]}]'), /neither a package nor a list "pip"/);
    await assert.rejects(read('variables: [a]\ndependencies: [python=3.11]'), /not a mapping/);
  });

  it('puts included files in their place and constraints beside', async () => {
    writeFileSync(path.join(directory, 'base.txt'), 'numpy\n-c limits.txt\n');
    writeFileSync(path.join(directory, 'limits.txt'), 'numpy<3\n');
    const { requirements, files } = fromRequirements('# comment\n-r base.txt\npandas\n', directory);
    assert.equal(requirements, 'numpy\n--constraint constraints-2.txt\npandas\nazureml-inference-server-http==1.5.1\n');
    assert.deepEqual(await texts(files), { 'dependencies/constraints-2.txt': 'numpy<3\n' });
  });

  it('refuses a file that includes itself, one that is not there, and a Conda file without Python', async () => {
    writeFileSync(path.join(directory, 'loop.txt'), '-r loop.txt\n');
    assert.throws(() => fromRequirements('-r loop.txt', directory), /includes itself/);
    assert.throws(
      () => fromRequirements('-r gone.txt', directory),
      /gone\.txt \("-r gone\.txt"\), which does not exist/,
    );
    await assert.rejects(fromCondaFile('dependencies: [numpy]', 'c.yml', directory), /names no Python version/);
    await assert.rejects(fromCondaFile('- a', 'c.yml', directory), /has no list "dependencies"/);
    await assert.rejects(fromCondaFile('a: [', 'c.yml', directory), /is not YAML/);
  });
});
