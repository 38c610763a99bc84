import { lstatSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { whiteout } from './layerEntry';
import type { UnpackedLayer } from './unpackedLayer';

export interface LayeredFile {
  kind: 'directory' | 'file' | 'symlink';
  /** Where it really lies. */
  source: string;
  mode: number;
  target?: string;
}

/** What an image's layers say together of one path (relative to the root), without putting the image together. */
export function findInLayers(layers: UnpackedLayer[], path: string): LayeredFile | undefined {
  for (const layer of [...layers].reverse()) {
    if (path !== '') {
      const source = join(layer.root, path);
      const stats = lstatSync(source, { throwIfNoEntry: false });
      if (stats) {
        const mode = stats.mode & 0o777;
        if (stats.isSymbolicLink()) return { kind: 'symlink', source, mode, target: readlinkSync(source) };
        return { kind: stats.isDirectory() ? 'directory' : 'file', source, mode };
      }
    }
    if (isHiddenBelow(layer.root, path)) return undefined;
  }
  return path === '' ? { kind: 'directory', source: '', mode: 0o755 } : undefined;
}

/** The same, following symbolic links at the end of the path; also returns the path that it led to. */
export function resolveInLayers(
  layers: UnpackedLayer[],
  path: string,
): { path: string; file: LayeredFile | undefined } {
  let at = path;
  for (let step = 0; step < 20; step++) {
    const file = findInLayers(layers, at);
    if (file?.kind !== 'symlink') return { path: at, file };
    at = join('/', file.target?.startsWith('/') ? file.target : join(dirname(at), file.target ?? '')).slice(1);
  }
  throw new Error(`too many symbolic links at /${path}`);
}

function isHiddenBelow(root: string, path: string): boolean {
  const exists = (file: string): boolean => lstatSync(join(root, file), { throwIfNoEntry: false }) !== undefined;
  for (let at = path; at !== '' && at !== '.'; at = dirname(at)) {
    const parent = dirname(at) === '.' ? '' : dirname(at);
    if (exists(join(parent, whiteout + basename(at))) || exists(join(parent, '.wh..wh..opq'))) return true;
    const above = parent && lstatSync(join(root, parent), { throwIfNoEntry: false });
    // A file or link here replaced the folder below.
    if (above && !above.isDirectory()) return true;
  }
  return false;
}
