import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hashSnapshot, listSnapshot } from '../../../tasks/common/azure/ml/codeSnapshot';

describe('Train: code snapshot', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'snapshot-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (files: Record<string, string | Buffer>) => {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  };
  const paths = async () => (await listSnapshot(path.join(root, 'd'))).map((file) => file.path);

  it('takes the files and the hash that azure-ai-ml 1.35.2 takes for the same folder', async () => {
    write({
      'd/train.py': 'print(1)\n',
      'd/B.txt': 'b',
      'd/a b#ü.txt': 'a',
      'd/sub/z.py': 'x',
      'd/skip/no.txt': 'no',
      'd/skip/keep.txt': 'yes',
      'ext/linked.txt': 'ext',
      'd/.amlignore': '# comment\nskip/\n!skip/keep.txt\n*.log\n',
      'd/x.log': 'l',
      'd/.gitignore': '*.py',
    });
    mkdirSync(path.join(root, 'd/empty'));
    symlinkSync('../ext/linked.txt', path.join(root, 'd/link.txt'));
    symlinkSync('../ext', path.join(root, 'd/extdir'));
    const files = await listSnapshot(path.join(root, 'd'));
    assert.deepEqual(
      files.map((file) => file.path),
      [
        '.amlignore',
        '.gitignore',
        'a b#ü.txt',
        'B.txt',
        'extdir/linked.txt',
        'link.txt',
        'skip/keep.txt',
        'sub/z.py',
        'train.py',
      ],
    );
    assert.equal(await hashSnapshot(files), '882cf7af94a1368da84df977a069af2a14b63cfa3535ee5c850db8a11c0a714a');
  });

  it('hashes a file that is streamed as azure-ai-ml does', async () => {
    write({ 'd/z.bin': Buffer.alloc(700_000) });
    const files = await listSnapshot(path.join(root, 'd'));
    assert.equal(await hashSnapshot(files), '999deaf3b792d22e077df6c0d90ee74c283396dc836f4b09f897774ead8eb264');
  });

  it('goes by .gitignore where there is no .amlignore, and leaves .git out', async () => {
    write({
      'd/.gitignore': 'data/\n',
      'd/data/a': '',
      'd/a.py': '',
      'd/.git/HEAD': '',
      'd/other/.git/config': 'the token of the pipeline',
      'd/other/submodule/.git': 'gitdir: elsewhere',
      'd/other/b.py': '',
    });
    assert.deepEqual(await paths(), ['.gitignore', 'a.py', 'other/b.py']);
  });

  it('does not walk in a circle of links', async () => {
    write({ 'd/a.py': '' });
    symlinkSync('..', path.join(root, 'd/up'));
    symlinkSync('.', path.join(root, 'd/self'));
    const found = await paths();
    assert.ok(found.includes('a.py'));
    assert.ok(found.every((each) => !each.startsWith('self/')));
  });

  it('refuses a link that leads nowhere, unless it is left out', async () => {
    write({ 'd/a.py': '' });
    symlinkSync('gone', path.join(root, 'd/broken'));
    await assert.rejects(paths(), /symbolic link .*broken leads nowhere/);
    write({ 'd/.amlignore': 'broken\n' });
    assert.deepEqual(await paths(), ['.amlignore', 'a.py']);
  });

  it('refuses a folder without files', async () => {
    mkdirSync(path.join(root, 'd/empty'), { recursive: true });
    await assert.rejects(paths(), /has no file for the code snapshot/);
  });
});
