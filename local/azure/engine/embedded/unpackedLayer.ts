import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { readTree, type TreeFolder } from './fileTree';
import { layerTime, whiteout, type LayerEntry } from './layerEntry';

/** What of a layer depends on where it lies, and is made to fit when a root file system is put together. */
interface PlaceDependent {
  /** Executable text files that begin with #!, by path. */
  scripts: string[];
  /** Symbolic links with an absolute target. */
  absoluteLinks: string[];
}

/** The content of a layer as files that have the layer's time; whiteouts stand as files of their name. */
export class UnpackedLayer {
  private reading: Promise<TreeFolder> | undefined;
  private readonly identity: string;

  private constructor(
    /** Absolute path of the folder with the files. */
    readonly root: string,
    readonly placeDependent: PlaceDependent,
  ) {
    this.identity = identityOf(root);
  }

  /** Unpacks the archive unless that was done before. `directory` is complete as soon as it is there. */
  static async open(directory: string, archive: string): Promise<UnpackedLayer> {
    const index = join(directory, 'index.json');
    if (!existsSync(index)) {
      const work = `${directory}.${process.pid}.new`;
      rmSync(work, { recursive: true, force: true });
      const found = await unpackArchive(createReadStream(archive), true, makeDirectory(join(work, 'files')));
      writeFileSync(join(work, 'index.json'), JSON.stringify(found));
      settle(work, directory);
    }
    return new UnpackedLayer(join(directory, 'files'), JSON.parse(readFileSync(index, 'utf8')) as PlaceDependent);
  }

  /** Whether it is still this folder that has the layer's files: another local cloud may have unpacked it again. */
  isInPlace(): boolean {
    return identityOf(this.root) === this.identity;
  }

  /** What stands in the folder, as it was when that was first asked. */
  tree(): Promise<TreeFolder> {
    return (this.reading ??= readTree(this.root));
  }

  /** The same from the changes that a layer was made of, without unpacking it: their files are linked. */
  static async adopt(directory: string, entries: LayerEntry[]): Promise<void> {
    const files = makeDirectory(join(directory, 'files'));
    const found: PlaceDependent = { scripts: [], absoluteLinks: [] };
    for (const [count, entry] of entries.entries()) {
      // The server goes on answering meanwhile.
      if (count % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
      const path = join(files, entry.path);
      mkdirSync(dirname(path), { recursive: true });
      switch (entry.type) {
        case 'directory':
          mkdirSync(path, { recursive: true });
          chmodSync(path, entry.mode | 0o700);
          break;
        case 'symlink':
          placeLink(path, entry.path, entry.target, found);
          break;
        case 'removed':
          writeFileSync(join(dirname(path), whiteout + basename(path)), '');
          break;
        case 'file':
          if (Buffer.isBuffer(entry.source)) writeFileSync(path, entry.source);
          else linkOrCopy(entry.source, path);
          finishFile(path, entry.path, entry.mode, found);
      }
    }
    writeFileSync(join(directory, 'index.json'), JSON.stringify(found));
  }
}

/** Unpacks an archive of this machine's own, such as one that ADD names, into a folder that is there. */
export async function unpackArchive(archive: Readable, compressed: boolean, files: string): Promise<PlaceDependent> {
  const found: PlaceDependent = { scripts: [], absoluteLinks: [] };
  const links = new Set<string>();
  const tar = extract();
  const source = compressed ? pipeline(archive, createGunzip(), tar) : pipeline(archive, tar);
  // The loop below sees an error first.
  source.catch(() => undefined);
  for await (const entry of tar) {
    const { name, type, mode = 0o644, linkname } = entry.header;
    const path = cleanPath(name);
    if (path === '') {
      entry.resume();
      continue;
    }
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
      if (links.has(parent)) throw new Error(`the layer holds ${name} behind a symbolic link`);
    }
    const target = join(files, path);
    mkdirSync(dirname(target), { recursive: true });
    if (type === 'directory') {
      mkdirSync(target, { recursive: true });
      chmodSync(target, (mode & 0o777) | 0o700);
      entry.resume();
      continue;
    }
    rmSync(target, { recursive: true, force: true });
    if (type === 'symlink') {
      links.add(path);
      placeLink(target, path, linkname ?? '', found);
      entry.resume();
    } else if (type === 'link') {
      linkSync(join(files, cleanPath(linkname ?? '')), target);
      finishFile(target, path, mode, found);
      entry.resume();
    } else if (type === 'file' || type === 'contiguous-file') {
      await pipeline(entry, createWriteStream(target));
      finishFile(target, path, mode, found);
    } else entry.resume();
  }
  await source;
  return found;
}

/** Without a leading ./ or /. Throws when it leads out of the layer. */
function cleanPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`the layer's path ${name} leads out of it`);
  return parts.join('/');
}

function placeLink(path: string, name: string, target: string, found: PlaceDependent): void {
  symlinkSync(target, path);
  lutimesSync(path, layerTime, layerTime);
  if (target.startsWith('/')) found.absoluteLinks.push(name);
}

function finishFile(path: string, name: string, mode: number, found: PlaceDependent): void {
  chmodSync(path, (mode & 0o777) | 0o600);
  utimesSync(path, layerTime, layerTime);
  if (mode & 0o111 && beginsWithInterpreter(path)) found.scripts.push(name);
}

function beginsWithInterpreter(path: string): boolean {
  const start = Buffer.alloc(2);
  const descriptor = openSync(path, 'r');
  try {
    return readSync(descriptor, start, 0, 2, 0) === 2 && start.toString('latin1') === '#!';
  } finally {
    closeSync(descriptor);
  }
}

/** Of a folder in which nothing is made or removed any more; only its number is given out again. */
function identityOf(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return `${stats?.ino} ${stats?.ctimeMs}`;
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    if (!['EXDEV', 'EMLINK', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}

function makeDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return directory;
}

function settle(work: string, directory: string): void {
  try {
    renameSync(work, directory);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(directory)) throw error;
    rmSync(work, { recursive: true, force: true });
  }
}
