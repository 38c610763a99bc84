import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { readTextFile } from '../../common/textFile';
import { readDockerIgnore } from './ignoreFile';

/** A file of a build context, opened when its turn comes. */
export interface ContextFile {
  /** With slashes, relative to the context's root. */
  readonly path: string;
  readonly executable?: boolean;
  /** Where a symbolic link leads; it has no content. */
  readonly link?: string;
  open(signal: AbortSignal): Promise<{ size: number; stream: Readable }>;
}

export function textFile(name: string, text: string | Buffer): ContextFile {
  const bytes = Buffer.from(text);
  return { path: name, open: () => Promise.resolve({ size: bytes.length, stream: Readable.from([bytes]) }) };
}

export interface FolderOptions {
  /**
   * What becomes of symbolic links. `kept`: they are links in the context too, as in Docker's. `followed`: those that lead
   * out of the folder are what they point at, as the builder is somewhere else; as Azure ML's code snapshots have it.
   */
  readonly links: 'kept' | 'followed';
  /** The file of rules that says what is left out; the folder's .dockerignore unless told. */
  readonly ignoreFile?: string;
}

/**
 * The files of a folder, sorted, without those that its .dockerignore names and without version control's own. A folder
 * that is left out is not entered, unless a rule with ! may take something in it back.
 * @param into folder of the context that they go to; empty for its root
 */
export function directoryFiles(directory: string, into: string, options: FolderOptions): ContextFile[] {
  const ignoreFile = options.ignoreFile ?? path.join(directory, '.dockerignore');
  const rules = readDockerIgnore(fs.existsSync(ignoreFile) ? readTextFile(ignoreFile) : '');
  const found: ContextFile[] = [];
  const nameOf = (inner: string) => (into ? `${into}/${inner}` : inner);

  const add = (file: string, inner: string, above: readonly string[], root: string) => {
    const stat = fs.lstatSync(file);
    if (stat.isSymbolicLink()) return addLink(file, inner, above, root);
    if (stat.isDirectory()) return walk(file, inner, above, root);
    if (stat.isFile() && !rules.leavesOut(inner)) found.push(localFile(file, nameOf(inner), stat));
  };
  const addLink = (file: string, inner: string, above: readonly string[], root: string) => {
    if (rules.leavesOut(inner)) return;
    const target = fs.readlinkSync(file);
    if (options.links === 'kept' || staysWithin(root, file, target)) {
      found.push({
        path: nameOf(inner),
        link: target,
        open: () => Promise.resolve({ size: 0, stream: Readable.from([]) }),
      });
      return;
    }
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) walk(file, inner, above, fs.realpathSync(file));
    else if (stat?.isFile()) found.push(localFile(file, nameOf(inner), stat));
  };
  const walk = (folder: string, inner: string, above: readonly string[], root: string) => {
    if (inner !== '' && rules.leavesOut(inner) && !rules.mayKeepIn(inner)) return;
    const real = fs.realpathSync(folder);
    // A link to a folder that it lies in: what is in there is here already.
    if (above.includes(real)) return;
    for (const name of fs.readdirSync(folder).sort()) {
      if (/^(\.git|\.hg|\.svn|\.dockerignore|__pycache__)$/.test(name)) continue;
      const file = path.join(folder, name);
      if (file !== ignoreFile) add(file, inner ? `${inner}/${name}` : name, [...above, real], root);
    }
  };
  walk(directory, '', [], fs.realpathSync(directory));
  return found;
}

/** @param root the folder that is being walked, or the one outside of it to which a link has led */
function staysWithin(root: string, link: string, target: string): boolean {
  if (path.isAbsolute(target)) return false;
  const place = path.resolve(fs.realpathSync(path.dirname(link)), target);
  return place === root || place.startsWith(root + path.sep);
}

/** A file of this machine, under its name in the context. */
export function localFile(file: string, name: string, stat: fs.Stats): ContextFile {
  return {
    path: name,
    // Windows keeps no such right: as Docker does there, each file gets it, or no script of the image could be started.
    executable: process.platform === 'win32' || (stat.mode & 0o100) !== 0,
    open: () =>
      Promise.resolve({
        size: stat.size,
        // A file that grows meanwhile is cut at the size that the archive's header tells.
        stream: stat.size > 0 ? fs.createReadStream(file, { end: stat.size - 1 }) : Readable.from([]),
      }),
  };
}

/** SHA-256, in hex, of the files' names, modes and contents. */
export async function hashFiles(files: readonly ContextFile[], signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = createHash('sha256');
    for await (const chunk of (await file.open(signal)).stream) content.update(chunk as Buffer);
    hash.update(`${JSON.stringify([file.path, file.link ?? file.executable === true, content.digest('hex')])}\n`);
  }
  return hash.digest('hex');
}
