import * as fs from 'node:fs';
import * as path from 'node:path';
import ignore from 'ignore';
import { TaskFailure } from '../../taskFailure';
import type { FileToUpload } from '../storage/blobTransfer';

/** A file that belongs to a snapshot. There may be a hundred thousand of them, so each says no more than it must. */
export class SnapshotFile {
  constructor(
    /** Relative to the directory, with slashes. */
    readonly path: string,
    /** Bytes. */
    readonly size: number,
    private readonly directory: string,
    /** Where a symbolic link leads. */
    private readonly target?: string,
  ) {}

  /** Absolute; where a symbolic link leads. */
  get file(): string {
    return this.target ?? path.join(this.directory, this.path);
  }
}

/** What a transfer takes of them, one after the other. */
export function* uploadsOf(
  files: Iterable<SnapshotFile>,
  blobOf: (file: SnapshotFile) => string,
): Generator<FileToUpload> {
  for (const each of files) yield { file: each.file, blob: blobOf(each), size: each.size };
}

/**
 * The files that belong to a snapshot: all but those that the root's .amlignore, or where there is none its .gitignore,
 * leaves out, and each .git. Symbolic links are followed; one that leads back into its own path is not.
 * azure-ai-ml takes .git along, so that its hash of a folder with one is another.
 * @throws TaskFailure if none is left, or a link leads nowhere
 */
export async function listSnapshot(directory: string): Promise<SnapshotFile[]> {
  const isIgnored = readIgnoreFile(directory);
  const found: SnapshotFile[] = [];
  await walk(directory, '', [fs.realpathSync.native(directory)]);
  if (found.length === 0) {
    throw new TaskFailure(
      `The directory ${directory} has no file for the code snapshot.`,
      'Check the path, and what its .amlignore or .gitignore leaves out.',
    );
  }
  return inSnapshotOrder(found);

  async function walk(folder: string, prefix: string, ancestors: readonly string[]): Promise<void> {
    for (const entry of await fs.promises.readdir(folder, { withFileTypes: true })) {
      // Of each repository: its configuration may hold the token of the pipeline.
      if (entry.name === '.git') continue;
      const relative = prefix + entry.name;
      const full = path.join(folder, entry.name);
      const target = entry.isSymbolicLink() ? followLink(full, relative, isIgnored) : undefined;
      if (entry.isSymbolicLink() && target === undefined) continue;
      // One call into the system for each file: to hand it to another thread takes longer than the call.
      const stat = entry.isDirectory() ? undefined : fs.statSync(target ?? full);
      if (!stat || stat.isDirectory()) {
        const real = fs.realpathSync.native(full);
        if (!ancestors.includes(real)) await walk(full, `${relative}/`, [...ancestors, real]);
      } else if (stat.isFile() && !isIgnored(relative)) {
        found.push(new SnapshotFile(relative, stat.size, directory, target));
      }
    }
  }
}

function followLink(link: string, relative: string, isIgnored: (path: string) => boolean): string | undefined {
  try {
    return fs.realpathSync.native(link);
  } catch (error) {
    if (isIgnored(relative)) return undefined;
    throw new TaskFailure(
      `The symbolic link ${link} leads nowhere.`,
      'Remove it, or list it in a .amlignore file in the root of the code directory.',
      { cause: error },
    );
  }
}

/** By lower case of the path, as code points: the order in which azure-ai-ml hashes. */
function inSnapshotOrder(files: SnapshotFile[]): SnapshotFile[] {
  const keyed = files.map((file) => ({ file, key: codePointKey(file.path.toLowerCase()) }));
  return keyed.sort(({ key: a }, { key: b }) => (a < b ? -1 : a > b ? 1 : 0)).map(({ file }) => file);
}

/** JavaScript compares UTF-16, in which what lies beyond the first 65,536 characters comes before the last 8,192 of these; here it comes behind. */
function codePointKey(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
  });
}

/**
 * Each line stands for itself and the last that matches a file decides, so that a file can be taken back from a folder
 * that an earlier line leaves out. git itself would not; azure-ai-ml does, and the hash must agree with its own.
 */
function readIgnoreFile(directory: string): (path: string) => boolean {
  const file = ['.amlignore', '.gitignore']
    .map((name) => path.join(directory, name))
    .find((candidate) => fs.existsSync(candidate));
  if (!file) return () => false;
  const lines = fs
    .readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'));
  let rules = readRules(lines);
  let asked = 0;
  return (relative) => {
    // They keep their answer to each path that they were asked about.
    if (++asked % 1000 === 0) rules = readRules(lines);
    const { ignored, unignored } = rules.all.test(relative);
    // Few files are told by any line.
    if (!ignored && !unignored) return false;
    return rules.each.findLast(({ matcher }) => matcher.ignores(relative))?.leavesOut ?? false;
  };
}

function readRules(lines: readonly string[]) {
  const matcherOf = (...patterns: string[]) => ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns);
  return {
    all: matcherOf(...lines),
    each: lines.map((line) => ({ leavesOut: !line.startsWith('!'), matcher: matcherOf(line.replace(/^!/, '')) })),
  };
}
