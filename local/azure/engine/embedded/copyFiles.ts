import { basename, dirname, join } from 'node:path';
import { BuildError } from '../engine';
import type { ContextSource } from './buildContext';
import { byPath, type LayerEntry } from './layerEntry';
import { resolveInLayers } from './layeredFiles';
import type { UnpackedLayer } from './unpackedLayer';

/**
 * What COPY changes. `destination` is absolute in the image and keeps its closing slash. A folder's content is copied, not the
 * folder; a file goes into the destination when that is a folder or ends with a slash. Folders that are missing are made.
 * Throws a BuildError where Docker fails.
 */
export function copyEntries(layers: UnpackedLayer[], sources: ContextSource[], destination: string): LayerEntry[] {
  const asked = join(destination).replace(/^\/|\/$/g, '');
  const target = resolveInLayers(layers, asked);
  const isFolder = destination.endsWith('/') || target.file?.kind === 'directory' || target.path === '';
  checkDestination(sources, destination, target, isFolder);
  const entries = new Map<string, LayerEntry>();
  const addParents = (path: string): void => {
    for (let at = dirname(path); at !== '.' && at !== '/'; at = dirname(at)) {
      if (!entries.has(at) && resolveInLayers(layers, at).file?.kind !== 'directory') {
        entries.set(at, { type: 'directory', path: at, mode: 0o755 });
      }
    }
  };
  const inTarget = (path: string): string => [target.path, path].filter(Boolean).join('/');
  const placeOf = (source: ContextSource, file: ContextFile): string => {
    if (source.isDirectory) return inTarget(file.path);
    return isFolder ? inTarget(basename(source.path)) : target.path;
  };
  for (const source of sources) {
    for (const file of source.files) {
      const path = placeOf(source, file);
      if (path === '') continue;
      addParents(path);
      // A folder that is there keeps its own mode.
      if (file.kind === 'directory' && resolveInLayers(layers, path).file?.kind === 'directory') continue;
      entries.set(path, entryOf(file, path));
    }
  }
  return [...entries.values()].sort(byPath);
}

type ContextFile = ContextSource['files'][number];

function entryOf(file: ContextFile, path: string): LayerEntry {
  switch (file.kind) {
    case 'directory':
      return { type: 'directory', path, mode: file.mode };
    case 'symlink':
      return { type: 'symlink', path, target: file.target ?? '' };
    case 'file':
      return { type: 'file', path, mode: file.mode, size: file.size, source: file.source };
  }
}

function checkDestination(
  sources: ContextSource[],
  destination: string,
  target: ReturnType<typeof resolveInLayers>,
  isFolder: boolean,
): void {
  if (sources.length > 1 && !isFolder) {
    throw new BuildError(
      'When using COPY with more than one source file, the destination must be a directory and end with a /',
    );
  }
  if (target.file?.kind === 'file' && (destination.endsWith('/') || sources.some((source) => source.isDirectory))) {
    throw new BuildError(`COPY failed: /${target.path} is a file, not a directory`);
  }
}
