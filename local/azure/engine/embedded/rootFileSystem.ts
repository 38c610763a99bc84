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
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stackTrees, type TreeFile, type TreeFolder, type TreeNode } from './fileTree';
import { layerTime } from './layerEntry';
import type { Layer, LayerStore } from './layerStore';
import { look, refreshSnapshot, type FileState, type Snapshot } from './snapshot';
import type { UnpackedLayer } from './unpackedLayer';

/** The longest line that every kernel takes as an interpreter's, with some room. */
const longestInterpreterLine = 120;

class DamagedFile extends Error {
  constructor(readonly source: string) {
    super(`${source} is no longer as its layer has it`);
  }
}

/**
 * Makes `root` what the layers are together, and says what stands there then. Files are hard links to the unpacked layers,
 * so that an image with thousands of files is there at once, and what stands in `root` already and is the same stays: of
 * an image that differs only by its model, all the rest. A layer in which a process changed a file in place since is
 * unpacked again. Scripts get their interpreter, and absolute symbolic links their target, within this root.
 * @param root a folder that nobody else uses, or the path of a new one
 * @param only paths, relative to the root, that are wanted with what is in them; all unless told
 */
export async function assembleRootFileSystem(
  store: LayerStore,
  layers: Layer[],
  root: string,
  only: string[] = [''],
): Promise<Snapshot> {
  const isWanted = (path: string): boolean =>
    only.some((wanted) => wanted === '' || isWithin(path, wanted) || isWithin(wanted, path));
  for (let attempt = 1; ; attempt++) {
    const contents = await Promise.all(layers.map((layer) => store.unpacked(layer)));
    try {
      return await assemble(contents, root, isWanted);
    } catch (error) {
      const isDamaged = error instanceof DamagedFile;
      const file = isDamaged ? error.source : goneFile(error);
      const index = contents.findIndex((content) => file !== undefined && isWithin(file, content.root));
      if (index < 0 || attempt > mostAttempts) throw error;
      const layer = layers[index] as Layer;
      // Somebody else may have seen it first.
      if (isDamaged && contents[index] === (await store.unpacked(layer))) await store.damaged(layer);
    }
  }
}

/** Each attempt mends one layer, and other local clouds on the same cache may be in the way. */
const mostAttempts = 50;

/** What another local cloud has removed, since it found its layer damaged. */
function goneFile(error: unknown): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? path : undefined;
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

async function assemble(
  contents: UnpackedLayer[],
  root: string,
  isWanted: (path: string) => boolean,
): Promise<Snapshot> {
  const wanted = stackTrees(await Promise.all(contents.map((content) => content.tree())));
  mkdirSync(root, { recursive: true });
  const snapshot = await fit(root, wanted, isWanted);
  // What the snapshot has stands in the root itself: a path may lead out of it by a link of a layer above.
  const all = (kind: 'symlink' | 'file', paths: string[]): string[] =>
    [...new Set(paths)].filter((path) => snapshot.get(path)?.kind === kind);
  const links = all(
    'symlink',
    contents.flatMap(({ placeDependent }) => placeDependent.absoluteLinks),
  );
  const scripts = all(
    'file',
    contents.flatMap(({ placeDependent }) => placeDependent.scripts),
  );
  links.forEach((path) => retarget(root, path));
  // Only now, as an interpreter may be reached by a link.
  scripts.forEach((path) => setInterpreter(root, path));
  return refreshSnapshot(root, snapshot, [...links, ...scripts]);
}

/** Removes what is not wanted, makes what is lacking, and leaves what is right. */
async function fit(root: string, wanted: TreeFolder, isWanted: (path: string) => boolean): Promise<Snapshot> {
  const snapshot: Snapshot = new Map();
  // As mkdir makes one, whatever a command made of it.
  const { mode: folderMode } = look(dirname(root));
  let count = 0;
  const pathOf = (folder: string, name: string): string => (folder ? `${folder}/${name}` : name);
  /** Removes what is not wanted. */
  const clear = async (folder: string, node: TreeFolder): Promise<void> => {
    for (const name of readdirSync(join(root, folder))) {
      const path = pathOf(folder, name);
      const child = node.children.get(name);
      const state = look(`${root}/${path}`);
      if (!child || !isWanted(path) || !isAsWanted(`${root}/${path}`, state, child)) {
        await rm(`${root}/${path}`, { recursive: true, force: true });
        continue;
      }
      if (state.kind === 'directory' && state.mode !== folderMode) chmodSync(`${root}/${path}`, folderMode);
      snapshot.set(path, state.kind === 'directory' ? { ...state, mode: folderMode } : state);
    }
  };
  const visit = async (folder: string, node: TreeFolder, isNew: boolean): Promise<void> => {
    if (!isNew) await clear(folder, node);
    for (const [name, child] of node.children) {
      // The server goes on answering meanwhile.
      if (++count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      const path = pathOf(folder, name);
      if (!isWanted(path)) continue;
      const isThere = snapshot.has(path);
      if (!isThere) snapshot.set(path, make(`${root}/${path}`, child));
      if (child.kind === 'directory') await visit(path, child, !isThere);
    }
  };
  await visit('', wanted, false);
  return snapshot;
}

function isAsWanted(path: string, state: FileState, node: TreeNode): boolean {
  if (state.kind !== node.kind) return false;
  switch (node.kind) {
    case 'directory':
      return true;
    case 'symlink':
      return state.target === node.target;
    case 'file':
      if (state.inode !== node.inode) return false;
      checkFile(path, state, node);
      return true;
  }
}

function make(path: string, node: TreeNode): FileState {
  try {
    create(path, node);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A disk that takes Readme for README: the layers' folders have one of the two as well.
    if (node.kind !== 'directory' || look(path).kind !== 'directory') {
      rmSync(path, { recursive: true });
      create(path, node);
    }
  }
  const state = look(path);
  if (node.kind === 'file') checkFile(path, state, node);
  return state;
}

function create(path: string, node: TreeNode): void {
  if (node.kind === 'directory') mkdirSync(path);
  else if (node.kind === 'symlink') symlinkSync(node.target, path);
  else linkSync(node.source, path);
}

/** Throws when a process wrote to a file of a layer by a link to it; a mode that it changed is set right. */
function checkFile(path: string, state: FileState, node: TreeFile): void {
  if (state.changed !== layerTime.getTime()) throw new DamagedFile(node.source);
  if (state.mode === node.mode) return;
  chmodSync(path, node.mode);
  state.mode = node.mode;
}

/** An absolute link means the image's root; one whose target is not in the image, such as a stand-in's Python, this machine's. */
function retarget(root: string, path: string): void {
  const link = join(root, path);
  const target = readlinkSync(link);
  if (!isThere(join(root, target))) return;
  rmSync(link);
  symlinkSync(join(root, target), link);
}

function setInterpreter(root: string, path: string): void {
  const file = join(root, path);
  const line = firstLine(file);
  const [, interpreter = '', rest = ''] = /^#!\s*(\/\S+)(.*)$/.exec(line) ?? [];
  if (!interpreter || !isThere(join(root, interpreter))) return;
  const text = readFileSync(file, 'latin1');
  const { mode } = lstatSync(file);
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
  chmodSync(file, mode);
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
