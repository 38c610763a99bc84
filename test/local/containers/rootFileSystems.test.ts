import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { byPath, type LayerEntry } from '../../../local/azure/engine/embedded/layerEntry';
import { LayerStore, type Layer } from '../../../local/azure/engine/embedded/layerStore';
import { assembleRootFileSystem } from '../../../local/azure/engine/embedded/rootFileSystem';
import { RootFileSystems } from '../../../local/azure/engine/embedded/rootFileSystems';
import { compareSnapshots, takeSnapshot } from '../../../local/azure/engine/embedded/snapshot';
import { WorkFolder } from '../../../local/azure/engine/workFolder';

interface Folder {
  [name: string]: Node;
}
type Node = { text: string; mode: number } | { target: string } | { folder: Folder } | 'removed';

/** What a layer may hold, with few names, so that layers meet at the same paths. */
const folders = fc.letrec<{ folder: Folder; node: Node }>((tie) => ({
  folder: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { maxKeys: 3, depthIdentifier: 'folder' }),
  node: fc.oneof(
    { depthIdentifier: 'folder', maxDepth: 3 },
    fc.record({ text: fc.constantFrom('one', 'two', '#!/a/b -u\nthree'), mode: fc.constantFrom(0o644, 0o755, 0o600) }),
    fc.record({ target: fc.constantFrom('a', '../b', '/a', '/c/b') }),
    fc.constant('removed' as const),
    fc.record({ folder: tie('folder') }),
  ),
})).folder;

function entriesOf(folder: Folder, at = ''): LayerEntry[] {
  return Object.entries(folder)
    .flatMap(([name, node]): LayerEntry[] => {
      const entry = path.posix.join(at, name);
      if (node === 'removed') return [{ type: 'removed', path: entry }];
      if ('target' in node) return [{ type: 'symlink', path: entry, target: node.target }];
      if ('folder' in node) return [{ type: 'directory', path: entry, mode: 0o755 }, ...entriesOf(node.folder, entry)];
      const source = Buffer.from(node.text);
      return [{ type: 'file', path: entry, mode: node.mode, size: source.length, source }];
    })
    .sort(byPath);
}

/** All that stands in a root, without where it lies. */
function contentOf(root: string, at = ''): string[] {
  return readdirSync(path.join(root, at))
    .sort()
    .flatMap((name) => {
      const file = path.join(root, at, name);
      const shown = path.join(at, name);
      const stats = lstatSync(file);
      if (stats.isSymbolicLink()) return [`${shown} -> ${readlinkSync(file).replace(root, '<root>')}`];
      const mode = (stats.mode & 0o777).toString(8);
      if (stats.isDirectory()) return [`${shown}/ ${mode}`, ...contentOf(root, shown)];
      return [`${shown} ${mode} ${readFileSync(file, 'utf8').replaceAll(root, '<root>')}`];
    });
}

describe('Root file systems', function () {
  this.timeout(120_000);
  let cache: string;
  let store: LayerStore;
  let work: WorkFolder;
  let roots: RootFileSystems;

  before(() => {
    cache = mkdtempSync(path.join(tmpdir(), 'roots-'));
    store = new LayerStore(cache);
    work = new WorkFolder(cache);
    roots = new RootFileSystems(cache, store, work);
  });

  after(() => {
    work.remove();
    rmSync(cache, { recursive: true });
  });

  const layer = (folder: Folder): Promise<Layer> => store.create(entriesOf(folder));
  const keptIn = (): string[] => readdirSync(path.join(cache, 'roots')).filter((name) => !name.endsWith('.json'));

  async function freshContent(layers: Layer[]): Promise<string[]> {
    const root = work.reserve('fresh');
    await assembleRootFileSystem(store, layers, root);
    const content = contentOf(root);
    rmSync(root, { recursive: true });
    return content;
  }

  it('are the same, whatever was left of the one that they are made of', async () => {
    const common: Folder = { common: { text: 'in every image', mode: 0o644 } };
    const litter = fc.array(fc.constantFrom('add', 'remove', 'folder', 'link', 'chmod', 'replace'), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(folders, { maxLength: 3 }),
        fc.array(folders, { maxLength: 3 }),
        litter,
        async (first, second, changes) => {
          const images = await Promise.all([first, second].map((each) => Promise.all([common, ...each].map(layer))));
          const former = await roots.take(images[0]!, 'container');
          for (const [index, change] of changes.entries()) disturb(former.root, change, index);
          roots.giveBack(former.root, images[0]!);
          const { root, files } = await roots.take(images[1]!, 'container');
          assert.equal(existsSync(former.root), false);
          assert.deepEqual(contentOf(root), await freshContent(images[1]!));
          assert.deepEqual(compareSnapshots(files, await takeSnapshot(root)), {
            changed: [],
            removed: [],
            inPlace: [],
          });
          roots.giveBack(root, images[1]!);
        },
      ),
      { numRuns: 150 },
    );
  });

  function disturb(root: string, change: string, index: number): void {
    const [name] = readdirSync(root).filter((each) => each !== 'common');
    const some = path.join(root, name ?? 'new');
    switch (change) {
      case 'add':
        return writeFileSync(path.join(root, `added-${index}`), 'left by a process');
      case 'remove':
        return rmSync(some, { recursive: true, force: true });
      case 'folder':
        rmSync(some, { recursive: true, force: true });
        return void mkdirSync(path.join(some, 'a'), { recursive: true });
      case 'link':
        rmSync(some, { recursive: true, force: true });
        return symlinkSync('common', some);
      case 'chmod':
        return lstatSync(some, { throwIfNoEntry: false })?.isDirectory() ? chmodSync(some, 0o700) : undefined;
      case 'replace':
        rmSync(some, { recursive: true, force: true });
        return writeFileSync(some, 'another one');
    }
  }

  it('do not bring along what a process wrote into a file of the image', async () => {
    const image = [await layer({ file: { text: 'as built', mode: 0o644 }, folder: { folder: {} } })];
    const { root } = await roots.take(image, 'container');
    appendFileSync(path.join(root, 'file'), ', and changed');
    roots.giveBack(root, image);
    const next = await roots.take(image, 'container');
    assert.equal(readFileSync(path.join(next.root, 'file'), 'utf8'), 'as built');
    const mode = (root: string, name: string): number => lstatSync(path.join(root, name)).mode & 0o777;
    const asMade = mode(next.root, 'folder');
    chmodSync(path.join(next.root, 'file'), 0o666);
    chmodSync(path.join(next.root, 'folder'), 0o700);
    roots.giveBack(next.root, image);
    const last = await roots.take(image, 'container');
    assert.equal(mode(last.root, 'file'), 0o644);
    assert.equal(mode(last.root, 'folder'), asMade);
    roots.giveBack(last.root, image);
  });

  it('are made although another local cloud has removed an unpacked layer', async () => {
    const image = [await layer({ a: { text: 'one', mode: 0o644 } }), await layer({ b: { text: 'two', mode: 0o644 } })];
    const content = await freshContent(image);
    const other = new LayerStore(cache);
    await other.unpacked(image[1]!);
    await other.damaged(image[1]!);
    assert.deepEqual(await freshContent(image), content);
    rmSync(path.join(cache, 'layers', image[0]!.diffId.slice('sha256:'.length)), { recursive: true });
    await assert.rejects(freshContent(image), /ENOENT/, 'what is nowhere is an error');
  });

  it('do not take for a file of one layer what has become a file of another', async () => {
    const image = await layer({ file: { text: 'as built', mode: 0o644 } });
    // This local cloud knows the layer, and another one changes a file of it in place by a build.
    await freshContent([image]);
    const theirStore = new LayerStore(cache);
    const theirRoots = new RootFileSystems(cache, theirStore, work);
    const { root } = await theirRoots.take([image], 'build');
    const source = path.join(root, 'file');
    appendFileSync(source, ', and changed');
    await theirStore.damaged(image);
    await theirStore.unpacked(image);
    const size = lstatSync(source).size;
    const change = await theirStore.create([{ type: 'file', path: 'file', mode: 0o644, size, source }]);
    theirRoots.giveBack(root, [image, change]);
    const ours = await roots.take([image], 'container');
    assert.equal(readFileSync(path.join(ours.root, 'file'), 'utf8'), 'as built');
    roots.giveBack(ours.root, [image]);
  });

  it('leave alone what a link leads to that a container was given', async () => {
    const volume = mkdtempSync(path.join(tmpdir(), 'volume-'));
    writeFileSync(path.join(volume, 'kept'), 'of the user');
    const image = [await layer({ data: { folder: { a: { text: 'one', mode: 0o644 } } } })];
    const { root } = await roots.take(image, 'container');
    rmSync(path.join(root, 'data'), { recursive: true });
    symlinkSync(volume, path.join(root, 'data'));
    roots.giveBack(root, image);
    const next = await roots.take(image, 'container');
    assert.deepEqual(readdirSync(path.join(next.root, 'data')), ['a']);
    assert.deepEqual(readdirSync(volume), ['kept']);
    rmSync(volume, { recursive: true });
    roots.giveBack(next.root, image);
  });

  it('are made of the one that is most alike, and two are kept', async () => {
    const environment = await layer({ big: { text: 'x'.repeat(1000), mode: 0o644 } });
    const [one, two, other] = await Promise.all(
      ['one', 'two', 'other'].map((text) => layer({ [text]: { text, mode: 0o644 } })),
    );
    const taken = await Promise.all(
      [[environment, one!], [other!], [environment, two!]].map((l) => roots.take(l, 'c')),
    );
    const inode = (root: string): number => lstatSync(root).ino;
    const [, ofOther, ofTwo] = taken.map(({ root }) => inode(root));
    roots.giveBack(taken[0]!.root, [environment, one!]);
    roots.giveBack(taken[1]!.root, [other!]);
    roots.giveBack(taken[2]!.root, [environment, two!]);
    assert.equal(keptIn().length, 2, 'the one that was left first is gone');
    const again = await roots.take([environment, one!], 'c');
    assert.equal(inode(again.root), ofTwo);
    const fresh = await roots.take([environment], 'c');
    assert.notEqual(inode(fresh.root), ofOther, 'nothing of it would be of use');
    assert.equal(keptIn().length, 1);
    roots.giveBack(again.root, [environment, one!]);
    roots.giveBack(fresh.root, [environment]);
  });
});
