import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import {
  directoryFiles,
  hashFiles,
  textFile,
  type ContextFile,
} from '../../../tasks/PackageImage/context/buildContext';
import { archive } from '../../../tasks/PackageImage/context/contextArchive';
import { readDockerIgnore } from '../../../tasks/PackageImage/context/ignoreFile';

const signal = new AbortController().signal;

async function unpack(files: readonly ContextFile[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const tar = extract();
  Readable.from([gunzipSync(await collect(files))]).pipe(tar);
  for await (const entry of tar) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    found[entry.header.name] = entry.header.linkname
      ? `-> ${entry.header.linkname}`
      : `${entry.header.mode.toString(8)} ${Buffer.concat(parts).toString()}`;
  }
  return found;
}

async function collect(files: readonly ContextFile[], stop = signal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of archive(files, stop)) parts.push(part);
  return Buffer.concat(parts);
}

describe('the build context', () => {
  let directory: string;
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text, { mode });
  };
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'context-'))));
  afterEach(() => {
    sinon.restore();
    rmSync(directory, { recursive: true });
  });

  it("holds a folder's files, without those that .dockerignore and version control leave out", async () => {
    write('score.py', 'x');
    write('run.sh', 'y', 0o755);
    write('data/big.csv', 'z');
    write('data/keep.csv', 'k');
    write('.git/HEAD', 'ref');
    write('.dockerignore', '# not these\ndata\n!data/keep.csv\n');
    symlinkSync('score.py', path.join(directory, 'link.py'));
    assert.deepEqual(
      await unpack([textFile('Dockerfile', 'FROM x'), ...directoryFiles(directory, 'code', { links: 'followed' })]),
      {
        Dockerfile: '644 FROM x',
        'code/data/keep.csv': '644 k',
        'code/link.py': '-> score.py',
        'code/run.sh': '755 y',
        'code/score.py': '644 x',
      },
    );
  });

  it('lets every file be started where it comes from Windows, which keeps no such right', async () => {
    write('run.sh', 'y');
    sinon.stub(process, 'platform').value('win32');
    assert.deepEqual(await unpack(directoryFiles(directory, 'code', { links: 'followed' })), {
      'code/run.sh': '755 y',
    });
  });

  it('goes by the rules of the Dockerfile in use, where it has its own', async () => {
    write('docker/prod.Dockerfile', 'FROM x');
    write('docker/prod.Dockerfile.dockerignore', '.env\n');
    write('.dockerignore', 'a.txt\n');
    write('.env', 'secret');
    write('a.txt', 'a');
    const ignoreFile = path.join(directory, 'docker/prod.Dockerfile.dockerignore');
    assert.deepEqual(
      directoryFiles(directory, '', { links: 'kept', ignoreFile }).map((file) => file.path),
      ['a.txt', 'docker/prod.Dockerfile'],
    );
  });

  it('keeps links as links, and is not stopped by a loop of them', async () => {
    write('.dockerignore', 'node_modules\n.venv\n');
    write('lib/a.py', 'a');
    write('.venv/pyvenv.cfg', 'x');
    mkdirSync(path.join(directory, 'node_modules'));
    symlinkSync('..', path.join(directory, 'node_modules/self'));
    symlinkSync('.', path.join(directory, '.venv/dot'));
    symlinkSync('lib', path.join(directory, 'lib64'));
    symlinkSync('..', path.join(directory, 'lib/up'));
    symlinkSync('/no/such/place', path.join(directory, 'dangling'));
    const kept = { 'lib/a.py': '644 a', 'lib/up': '-> ..', lib64: '-> lib' };
    assert.deepEqual(await unpack(directoryFiles(directory, '', { links: 'kept' })), {
      ...kept,
      dangling: '-> /no/such/place',
    });
    assert.deepEqual(await unpack(directoryFiles(directory, '', { links: 'followed' })), kept);
  });

  it('brings along what links of the code lead to outside of its folder, each once', async () => {
    write('shared/util.py', 'u');
    write('code/score.py', 's');
    symlinkSync('../shared', path.join(directory, 'code/shared'));
    symlinkSync('../code', path.join(directory, 'shared/back'));
    symlinkSync('util.py', path.join(directory, 'shared/same.py'));
    const files = await unpack(directoryFiles(path.join(directory, 'code'), '', { links: 'followed' }));
    assert.deepEqual(files, { 'score.py': '644 s', 'shared/same.py': '-> util.py', 'shared/util.py': '644 u' });
  });

  it('does not enter a folder that is left out, unless a rule may take something in it back', () => {
    const rules = readDockerIgnore('node_modules\ndata\n!data/keep.csv');
    assert.deepEqual(['node_modules', 'node_modules/a', 'data', 'data/x'].map(rules.mayKeepIn), [
      false,
      false,
      true,
      false,
    ]);
    assert.equal(readDockerIgnore('**\n!**/*.py').mayKeepIn('any/where'), true);
    assert.equal(readDockerIgnore('**/database\n!database/inc').mayKeepIn('database'), true);
  });

  it('is the same bytes for the same files', async () => {
    write('a', 'one');
    const first = await collect(directoryFiles(directory, '', { links: 'followed' }));
    write('a', 'one');
    assert.deepEqual(await collect(directoryFiles(directory, '', { links: 'followed' })), first);
  });

  it('carries names and files that the old tar format cannot', async () => {
    const name = `${'long/'.repeat(40)}größe.txt`;
    assert.deepEqual(await unpack([textFile(name, 'ok')]), { [name]: '644 ok' });
  });

  it('ends with the error of a file that cannot be read, and opens no further file', async () => {
    let opened = 0;
    const files: ContextFile[] = [
      { path: 'a', open: () => Promise.reject(new Error('storage is gone')) },
      { path: 'b', open: () => Promise.resolve({ size: ++opened, stream: Readable.from([]) }) },
    ];
    await assert.rejects(collect(files), /storage is gone/);
    assert.equal(opened, 0);
  });

  it('ends with an error where a file is shorter than it said', async () => {
    const files = [
      { path: 'a', open: () => Promise.resolve({ size: 10, stream: Readable.from([Buffer.from('short')]) }) },
    ];
    await assert.rejects(collect(files), /size/i);
  });

  it('does not try to make smaller what does not get smaller', async () => {
    const file = (bytes: Buffer): ContextFile => ({
      path: 'weights',
      open: () => Promise.resolve({ size: bytes.length, stream: Readable.from([bytes]) }),
    });
    const random = await collect([file(randomBytes(1_000_000))]);
    assert.ok(random.length > 1_000_000, String(random.length));
    const text = await collect([file(Buffer.alloc(1_000_000, 'again and again '))]);
    assert.ok(text.length < 100_000, String(text.length));
  });

  it('is made while it is read: of a file, whatever its size, only some buffers are in memory', async () => {
    const chunk = randomBytes(65_536);
    const size = 5 * 1024 ** 3;
    let given = 0;
    let taken = 0;
    async function* source() {
      for (; given < size; given += chunk.length) yield chunk;
    }
    const open = () => Promise.resolve({ size, stream: Readable.from(source(), { objectMode: false }) });
    // As far as the machine comes in a second or so; the header says 5 GiB, and what is held back would show at once.
    for await (const part of archive([{ path: 'model/weights.bin', open }], signal)) {
      taken += part.length;
      assert.ok(given - taken < 2_000_000, `${given} bytes were read, ${taken} taken`);
      if (taken > 200_000_000) break;
    }
    assert.ok(taken > 200_000_000);
  });

  it('stops at cancellation', async () => {
    const stop = new AbortController();
    const endless = new Readable({ read: () => setImmediate(() => endless.push(Buffer.alloc(65536))) });
    const open = () => {
      setTimeout(() => stop.abort(new Error('cancelled')), 20);
      return Promise.resolve({ size: 1e12, stream: endless });
    };
    const files = [{ path: 'a', open }];
    await assert.rejects(collect(files, stop.signal), /cancelled/);
    assert.ok(endless.destroyed);
  });

  it('has a hash of names, modes and contents', async () => {
    const hash = (name: string, text: string, executable = false) =>
      hashFiles([{ ...textFile(name, text), executable }], signal);
    const same = await hash('a', 'x');
    assert.equal(await hash('a', 'x'), same);
    for (const other of [hash('b', 'x'), hash('a', 'y'), hash('a', 'x', true)]) assert.notEqual(await other, same);
  });
});

describe('.dockerignore', () => {
  for (const [pattern, path, ignored] of [
    ['*.pyc', 'a.pyc', true],
    ['*.pyc', 'deep/a.pyc', false],
    ['**/*.pyc', 'deep/er/a.pyc', true],
    ['**/*.pyc', 'a.pyc', true],
    ['/data/', 'data/x', true],
    ['data', 'database', false],
    ['a?c', 'abc', true],
    ['a[0-9]', 'a5', true],
    ['**', 'any/thing', true],
    ['x.y', 'xzy', false],
    ['./out', 'out/file', true],
    ['\\#odd', '#odd', true],
  ] as const) {
    it(`${pattern} ${ignored ? 'leaves out' : 'keeps'} ${path}`, () => {
      assert.equal(readDockerIgnore(pattern).leavesOut(path), ignored);
    });
  }

  it('lets the last matching line decide', () => {
    const { leavesOut } = readDockerIgnore('*\n!src\nsrc/secret');
    assert.deepEqual(['a', 'src/a', 'src/secret'].map(leavesOut), [true, false, true]);
  });
});
