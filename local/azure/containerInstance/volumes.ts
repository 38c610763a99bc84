import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSpec } from '../engine/engine';
import type { Volume, VolumeMount } from './groupDefinition';

/** Makes a group's volumes in a folder: empty ones, and secret ones with their files. Others have nothing to hold here. */
export function makeVolumes(folder: string, volumes: Volume[]): void {
  for (const volume of volumes) {
    const directory = join(folder, volume.name);
    mkdirSync(directory, { recursive: true });
    for (const [name, content] of Object.entries(volume.secret ?? {})) {
      writeFileSync(join(directory, name), Buffer.from(content, 'base64'), { mode: 0o600 });
    }
  }
}

export function mountsOf(folder: string, mounts: VolumeMount[]): ContainerSpec['mounts'] {
  return mounts.map(({ name, mountPath, readOnly = false }) => ({
    path: mountPath,
    source: join(folder, name),
    readOnly,
  }));
}
