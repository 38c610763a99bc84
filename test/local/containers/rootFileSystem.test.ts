import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { byPath, type LayerEntry } from '../../../local/azure/engine/embedded/layerEntry';
import { LayerStore } from '../../../local/azure/engine/embedded/layerStore';
import { assembleRootFileSystem } from '../../../local/azure/engine/embedded/rootFileSystem';

describe('A root file system', () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'root-'));
  const root = path.join(cache, 'root');

  after(() => rmSync(cache, { recursive: true }));

  const file = (name: string, text: string): LayerEntry => {
    const source = Buffer.from(text);
    return { type: 'file', path: name, mode: 0o755, size: source.length, source };
  };

  it('leaves a script and a link as they are that name what would stand beneath a file', async () => {
    const store = new LayerStore(cache);
    const lower: LayerEntry[] = [
      { type: 'directory', path: 'folder', mode: 0o755 },
      file('folder/script', '#!/bin/sh\n'),
      file('itself', '#!/itself/python\n'),
      { type: 'symlink', path: 'link', target: '/itself/python' },
    ];
    const upper: LayerEntry[] = [file('folder', 'a file by now')];
    const layers = [await store.create(lower.sort(byPath)), await store.create(upper)];
    await assembleRootFileSystem(store, layers, root);
    assert.equal(readFileSync(path.join(root, 'folder'), 'utf8'), 'a file by now');
    assert.equal(readFileSync(path.join(root, 'itself'), 'utf8'), '#!/itself/python\n');
    assert.equal(readlinkSync(path.join(root, 'link')), '/itself/python');
  });

  it('changes no script of this machine to which a link of the image leads', async () => {
    const machine = path.join(cache, 'machine');
    mkdirSync(machine);
    const script = path.join(machine, 'script');
    writeFileSync(script, '#!/python\n');
    const store = new LayerStore(cache);
    const lower = [
      { type: 'directory', path: 'lib', mode: 0o755 } as LayerEntry,
      file('lib/script', '#!/python\n'),
      file('python', 'the interpreter'),
    ];
    const upper: LayerEntry = { type: 'symlink', path: 'lib', target: machine };
    const linked = path.join(cache, 'linked');
    await assembleRootFileSystem(store, [await store.create(lower), await store.create([upper])], linked);
    assert.equal(readlinkSync(path.join(linked, 'lib')), machine);
    assert.equal(readFileSync(script, 'utf8'), '#!/python\n');
  });
});
