import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join } from 'node:path';
import { layerTime, whiteout } from './layerEntry';
import type { Layer, LayerStore } from './layerStore';

/** The longest line that every kernel takes as an interpreter's, with some room. */
const longestInterpreterLine = 120;

class DamagedLayer extends Error {
  constructor(readonly layer: Layer) {
    super(`layer ${layer.diffId} is damaged`);
  }
}

/**
 * Puts the layers together in `root`, a new folder. Files are hard links to the unpacked layers, so that an image with
 * thousands of files is there at once; a layer in which a process changed a file in place since is unpacked anew.
 * Scripts get their interpreter, and absolute symbolic links their target, within this root.
 * @param only paths, relative to the root, that are wanted with what is in them; all unless told
 */
export async function assembleRootFileSystem(
  store: LayerStore,
  layers: Layer[],
  root: string,
  only: string[] = [''],
): Promise<void> {
  const isWanted = (path: string): boolean =>
    only.some((wanted) => wanted === '' || isWithin(path, wanted) || isWithin(wanted, path));
  for (;;) {
    try {
      return await assemble(store, layers, root, isWanted);
    } catch (error) {
      if (!(error instanceof DamagedLayer)) throw error;
      await store.damaged(error.layer);
      rmSync(root, { recursive: true, force: true });
    }
  }
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

async function assemble(
  store: LayerStore,
  layers: Layer[],
  root: string,
  isWanted: (path: string) => boolean,
): Promise<void> {
  mkdirSync(root, { recursive: true });
  const scripts = new Set<string>();
  const absoluteLinks = new Set<string>();
  for (const [index, layer] of layers.entries()) {
    const content = await store.unpacked(layer);
    await overlay(content.root, root, layer, { isEmpty: index === 0, isWanted });
    content.placeDependent.scripts.forEach((path) => scripts.add(path));
    content.placeDependent.absoluteLinks.forEach((path) => absoluteLinks.add(path));
  }
  for (const path of absoluteLinks) retarget(root, path);
  for (const path of scripts) setInterpreter(root, path);
}

/** With an empty root below, as for the first layer, nothing can be in the way. */
async function overlay(
  from: string,
  to: string,
  layer: Layer,
  { isEmpty, isWanted }: { isEmpty: boolean; isWanted: (path: string) => boolean },
): Promise<void> {
  let count = 0;
  const visit = async (relative: string): Promise<void> => {
    const entries = readdirSync(join(from, relative), { withFileTypes: true });
    for (const entry of entries) {
      if (!entry.name.startsWith(whiteout)) continue;
      if (entry.name === '.wh..wh..opq') clear(join(to, relative), entries);
      else rmSync(join(to, relative, entry.name.slice(whiteout.length)), { recursive: true, force: true });
    }
    for (const entry of entries) {
      if (entry.name.startsWith(whiteout)) continue;
      // The server goes on answering meanwhile.
      if (++count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      const path = join(relative, entry.name);
      if (!isWanted(path)) continue;
      const source = join(from, path);
      const target = join(to, path);
      if (entry.isDirectory()) {
        const present = isEmpty ? undefined : lstatSync(target, { throwIfNoEntry: false });
        if (present && !present.isDirectory()) rmSync(target, { force: true });
        if (!present?.isDirectory()) mkdirSync(target);
        await visit(path);
        continue;
      }
      if (!isEmpty) rmSync(target, { recursive: true, force: true });
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else {
        if (lstatSync(source).mtimeMs !== layerTime.getTime()) throw new DamagedLayer(layer);
        linkSync(source, target);
      }
    }
  };
  await visit('');
}

/** An opaque whiteout: nothing of the layers below is left in the folder. */
function clear(directory: string, kept: Dirent[]): void {
  const names = lstatSync(directory, { throwIfNoEntry: false }) ? readdirSync(directory) : [];
  for (const name of names) {
    if (!kept.some((entry) => entry.name === name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** An absolute link means the image's root; one whose target is not in the image, such as a stand-in's Python, this machine's. */
function retarget(root: string, path: string): void {
  const link = join(root, path);
  if (!isThere(link) || !lstatSync(link).isSymbolicLink()) return;
  const target = readlinkSync(link);
  if (!target.startsWith('/') || !isThere(join(root, target))) return;
  rmSync(link);
  symlinkSync(join(root, target), link);
}

function setInterpreter(root: string, path: string): void {
  const file = join(root, path);
  if (!isThere(file)) return;
  const state = lstatSync(file);
  if (!state.isFile()) return;
  const line = firstLine(file);
  const [, interpreter = '', rest = ''] = /^#!\s*(\/\S+)(.*)$/.exec(line) ?? [];
  if (!interpreter || !isThere(join(root, interpreter))) return;
  const text = readFileSync(file, 'latin1');
  const replaced = `#!${join(root, interpreter)}${rest}`;
  const isPython = /\/python[\d.]*$/.test(interpreter);
  const head =
    replaced.length <= longestInterpreterLine || !isPython
      ? replaced
      : // Valid in both languages: the shell starts Python, which sees a text.
        `#!/bin/sh\n'''exec' "${join(root, interpreter)}"${rest} "$0" "$@"\n' '''`;
  // A new file: the linked one belongs to the layer.
  rmSync(file);
  writeFileSync(file, head + text.slice(line.length), 'latin1');
  chmodSync(file, state.mode);
}

/** Be it a link that leads nowhere; not what would stand beneath a file. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

function firstLine(file: string): string {
  const start = Buffer.alloc(512);
  const descriptor = openSync(file, 'r');
  try {
    const text = start.toString('latin1', 0, readSync(descriptor, start, 0, start.length, 0));
    return text.split('\n', 1)[0] ?? '';
  } finally {
    closeSync(descriptor);
  }
}
