import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { TaskFailure } from '../../common/taskFailure';
import { readDockerIgnore } from './ignoreFile';

/** A file of a build context, opened when its turn comes. */
export interface ContextFile {
  /** With slashes, relative to the context's root. */
  readonly path: string;
  readonly executable?: boolean;
  open(signal: AbortSignal): Promise<{ size: number; stream: Readable }>;
}

export function textFile(name: string, text: string): ContextFile {
  const bytes = Buffer.from(text);
  return { path: name, open: () => Promise.resolve({ size: bytes.length, stream: Readable.from([bytes]) }) };
}

/**
 * The files of a folder, sorted, without those that its .dockerignore names and without version control's own.
 * Symbolic links are followed, as the builder is somewhere else.
 * @param into folder of the context that they go to; empty for its root
 */
export function directoryFiles(directory: string, into: string): ContextFile[] {
  const ignoreFile = path.join(directory, '.dockerignore');
  const ignored = fs.existsSync(ignoreFile) ? readDockerIgnore(fs.readFileSync(ignoreFile, 'utf8')) : () => false;
  const found: ContextFile[] = [];
  const walk = (relative: string, above: readonly string[]) => {
    const here = path.join(directory, relative);
    const real = fs.realpathSync(here);
    if (above.includes(real)) throw new TaskFailure(`The folder ${here} is a link to a folder that it lies in.`);
    for (const name of fs.readdirSync(here).sort()) {
      const inner = relative ? `${relative}/${name}` : name;
      if (/^(\.git|\.hg|\.svn|\.dockerignore|__pycache__)$/.test(name)) continue;
      const file = path.join(directory, inner);
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      // A folder that is left out is walked all the same: a pattern with ! may take back a file in it.
      if (stat?.isDirectory()) walk(inner, [...above, real]);
      else if (stat?.isFile() && !ignored(inner)) found.push(localFile(file, into ? `${into}/${inner}` : inner, stat));
    }
  };
  walk('', []);
  return found;
}

function localFile(file: string, name: string, stat: fs.Stats): ContextFile {
  return {
    path: name,
    executable: (stat.mode & 0o100) !== 0,
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
    hash.update(`${JSON.stringify([file.path, file.executable === true, content.digest('hex')])}\n`);
  }
  return hash.digest('hex');
}
