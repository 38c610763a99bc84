import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface FileState {
  kind: 'directory' | 'file' | 'symlink' | 'other';
  mode: number;
  size: number;
  changed: number;
  inode: number;
  target?: string;
}

/** What stands under a folder, by path. */
export type Snapshot = Map<string, FileState>;

export interface Changes {
  /** New or different; in the order of a layer. */
  changed: string[];
  /** The topmost path of each part that is gone. */
  removed: string[];
  /** Files that are still the same one, but were written to or got another mode in place. */
  inPlace: string[];
}

export async function takeSnapshot(root: string): Promise<Snapshot> {
  const snapshot: Snapshot = new Map();
  let count = 0;
  const visit = async (relative: string): Promise<void> => {
    for (const name of readdirSync(join(root, relative)).sort()) {
      // The server goes on answering meanwhile.
      if (++count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      const path = relative ? `${relative}/${name}` : name;
      const state = look(join(root, path));
      snapshot.set(path, state);
      if (state.kind === 'directory') await visit(path);
    }
  };
  await visit('');
  return snapshot;
}

/** The snapshot with a new look at some of its paths; the others are as they were. */
export function refreshSnapshot(root: string, snapshot: Snapshot, paths: readonly string[]): Snapshot {
  for (const path of paths) snapshot.set(path, look(join(root, path)));
  return snapshot;
}

export function compareSnapshots(before: Snapshot, after: Snapshot): Changes {
  const changes: Changes = { changed: [], removed: [], inPlace: [] };
  for (const [path, state] of after) {
    const former = before.get(path);
    if (former && isSame(former, state)) continue;
    if (former?.kind === 'file' && state.inode === former.inode) changes.inPlace.push(path);
    changes.changed.push(path);
  }
  for (const path of before.keys()) {
    if (after.has(path)) continue;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent === '' || after.get(parent)?.kind === 'directory') changes.removed.push(path);
  }
  changes.changed.sort((a, b) => (a < b ? -1 : 1));
  return changes;
}

export function look(path: string): FileState {
  const stats = lstatSync(path);
  const kind = stats.isDirectory()
    ? 'directory'
    : stats.isFile()
      ? 'file'
      : stats.isSymbolicLink()
        ? 'symlink'
        : 'other';
  return {
    kind,
    mode: stats.mode & 0o777,
    size: stats.size,
    changed: stats.mtimeMs,
    inode: stats.ino,
    target: kind === 'symlink' ? readlinkSync(path) : undefined,
  };
}

function isSame(a: FileState, b: FileState): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'symlink') return a.target === b.target;
  if (a.mode !== b.mode) return false;
  return a.kind === 'directory' || (a.size === b.size && a.changed === b.changed && a.inode === b.inode);
}
