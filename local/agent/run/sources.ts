import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import ignore from 'ignore';
import type { SourceVersion } from '../jobVariables';

/** The root of the repository that a pipeline file is in; without git, the folder that holds the project. */
export function repositoryRoot(pipelineFile: string): string {
  const folder = path.dirname(path.resolve(pipelineFile));
  const root = git(folder, ['rev-parse', '--show-toplevel']);
  if (root !== undefined) return root;
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'package.json'))) return at;
    if (at === path.dirname(at)) return folder;
  }
}

/** What is checked out, as a server would say it. */
export function sourceVersion(root: string): SourceVersion {
  const [commit, author, message] = (git(root, ['log', '-1', '--format=%H%n%an%n%s']) ?? '').split('\n');
  const branch = git(root, ['symbolic-ref', '--quiet', 'HEAD']);
  return {
    branch: branch ?? 'refs/heads/main',
    commit: commit || '0'.repeat(40),
    author: author ?? '',
    message: message ?? '',
    repository: path.basename(root),
  };
}

/**
 * Copies the repository to where a job works, as it is on the disk: with changes that are not committed, without what git
 * ignores.
 */
export function checkOut(root: string, target: string): number {
  const files = listFiles(root);
  for (const file of files) {
    const destination = path.join(target, file);
    mkdirSync(path.dirname(destination), { recursive: true });
    const source = path.join(root, file);
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), destination);
    else copyFileSync(source, destination);
  }
  return files.length;
}

function listFiles(root: string): string[] {
  const listed = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']);
  const files = listed === undefined ? walk(root) : listed.split('\0').filter((file) => file !== '');
  // A file that was deleted and not committed is still listed; a submodule is listed as a folder.
  return files.filter((file) => {
    const status = lstatSync(path.join(root, file), { throwIfNoEntry: false });
    return status !== undefined && !status.isDirectory();
  });
}

/** Without git (an unpacked archive) .gitignore is obeyed all the same. */
function walk(root: string): string[] {
  const ignoreFile = path.join(root, '.gitignore');
  const ignored = ignore().add(['.git', '.local', '.mlops-local', 'node_modules']);
  if (existsSync(ignoreFile)) ignored.add(readFileSync(ignoreFile, 'utf8'));
  const visit = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (ignored.ignores(entry.isDirectory() ? `${name}/` : name)) return [];
      return entry.isDirectory() ? visit(name) : [name];
    });
  return visit('');
}

function git(folder: string, args: string[]): string | undefined {
  try {
    const text = execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 28,
    });
    return text.trim();
  } catch {
    return undefined;
  }
}
