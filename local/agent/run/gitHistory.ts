import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export interface HistoryOptions {
  /** How many commits; all, unless it is given. */
  fetchDepth?: number;
  fetchTags: boolean;
  /** What `origin` is called: never the repository of this machine, to which a step could push. */
  originUri: string;
}

/**
 * Gives an empty folder the history that an agent's checkout has: a repository of its own whose HEAD is detached at the
 * commit. The files themselves are copied into it, so that changes that are not committed show as such. False if there
 * is no commit to check out.
 */
export function fetchHistory(root: string, target: string, commit: string, options: HistoryOptions): boolean {
  if (/^0+$/.test(commit)) return false;
  const { fetchDepth, fetchTags, originUri } = options;
  // The whole history is borrowed where it lies; a shallow one needs a transport.
  const source = fetchDepth === undefined ? path.resolve(root) : pathToFileURL(path.resolve(root)).href;
  const extent = fetchDepth === undefined ? ['--shared'] : ['--depth', String(fetchDepth)];
  const tags = fetchTags ? [] : ['--no-tags'];
  git(path.dirname(target), ['clone', '--quiet', '--no-checkout', ...extent, ...tags, source, target]);
  git(target, ['remote', 'set-url', 'origin', originUri]);
  git(target, ['update-ref', '--no-deref', 'HEAD', commit]);
  git(target, ['read-tree', 'HEAD']);
  return true;
}

/** Lets git know the files that were copied, and says how many differ from the commit. */
export function countChanges(target: string): number {
  return git(target, ['status', '--porcelain']).split('\n').filter(Boolean).length;
}

/** The submodules of a repository that are checked out in it, as paths. */
export function submodulePaths(root: string): string[] {
  const lines = git(root, ['ls-files', '--stage', '-z']).split('\0');
  return lines.filter((line) => line.startsWith('160000 ')).map((line) => line.slice(line.indexOf('\t') + 1));
}

function git(folder: string, args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`git ${args[0]} failed: ${stderr?.trim() || message}`, { cause: error });
  }
}
