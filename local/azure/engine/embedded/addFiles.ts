import { closeSync, createReadStream, mkdirSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BuildError } from '../engine';
import type { ContextSource } from './buildContext';
import { copyEntries } from './copyFiles';
import { byPath, type LayerEntry } from './layerEntry';
import { RootFileReader } from './rootFileReader';
import { unpackArchive } from './unpackedLayer';
import type { UnpackedLayer } from './unpackedLayer';

/** What ADD changes: as COPY, and archives of the context are unpacked, into the new folder `folder` first. */
export async function addEntries(
  layers: UnpackedLayer[],
  sources: ContextSource[],
  destination: string,
  folder: string,
): Promise<LayerEntry[]> {
  const entries = new Map<string, LayerEntry>();
  for (const [index, source] of sources.entries()) {
    const file = source.files[0]?.source;
    const compression = !source.isDirectory && typeof file === 'string' ? archiveKind(file) : undefined;
    let added: LayerEntry[];
    if (compression === undefined)
      added = copyEntries(layers, [source], sources.length > 1 ? `${destination}/` : destination);
    else {
      const content = join(folder, String(index));
      mkdirSync(content, { recursive: true });
      if (compression === 'other') {
        throw new BuildError(
          `ADD failed: ${basename(source.path)} is compressed in a way that local Azure does not know; use gzip`,
        );
      }
      await unpackArchive(createReadStream(file as string), compression === 'gzip', content);
      const unpacked = await new RootFileReader(content).entries('', '');
      const files = unpacked.flatMap((entry) => {
        if (entry.type === 'removed') return [];
        const { type: kind, path } = entry;
        const mode = entry.type === 'symlink' ? 0o777 : entry.mode;
        return [
          {
            path,
            kind,
            mode,
            size: entry.type === 'file' ? entry.size : 0,
            source: entry.type === 'file' ? entry.source : '',
            target: entry.type === 'symlink' ? entry.target : undefined,
          },
        ];
      });
      added = copyEntries(
        layers,
        [{ path: source.path, isDirectory: true, files }],
        `${destination.replace(/\/$/, '')}/`,
      );
    }
    added.forEach((entry) => entries.set(entry.path, entry));
  }
  return [...entries.values()].sort(byPath);
}

function archiveKind(file: string): 'plain' | 'gzip' | 'other' | undefined {
  const head = Buffer.alloc(512);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (head.toString('latin1', 257, 262) === 'ustar') return 'plain';
  if (!/\.(tar|tgz|tbz2?|txz|tar\.\w+)$/i.test(file)) return undefined;
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.toString('latin1', 0, 3) === 'BZh' || head.toString('latin1', 1, 4) === '7zX' ? 'other' : undefined;
}
