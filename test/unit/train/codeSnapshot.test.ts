import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listSnapshot } from '../../../tasks/common/azure/ml/snapshotFiles';
import { hashSnapshot } from '../../../tasks/common/azure/ml/snapshotHash';

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

  it('orders names by code points, not by the halves of characters beyond the first 65,536', async () => {
    write({ 'd/\u{1f600}.py': '', 'd/\uff21.py': '', 'd/Z.py': '', 'd/a/\u{10000}': '', 'd/a.py': '' });
    assert.deepEqual(await paths(), ['a.py', 'a/\u{10000}', 'Z.py', '\uff21.py', '\u{1f600}.py']);
  });

  it('takes a file whose rules are read again after many others as it takes the first', async () => {
    const many = Object.fromEntries(Array.from({ length: 2100 }, (_, index) => [`d/${index}.log`, '']));
    write({ ...many, 'd/.amlignore': '*.log\n!*7.log\n' });
    const found = (await paths()).filter((name) => name !== '.amlignore');
    assert.equal(found.length, 210);
    assert.ok(found.every((name) => name.endsWith('7.log')));
  });

  it('notices an edit that leaves size and time as they were', async () => {
    write({ 'd/a.py': 'x = 1\n' });
    const file = path.join(root, 'd/a.py');
    const time = new Date(1_700_000_000_000);
    const hash = async () => hashSnapshot(await listSnapshot(path.join(root, 'd')));
    utimesSync(file, time, time);
    const before = await hash();
    write({ 'd/a.py': 'x = 2\n' });
    utimesSync(file, time, time);
    assert.notEqual(await hash(), before);
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
