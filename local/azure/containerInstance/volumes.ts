import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerSpec } from '../engine/engine';
import type { FileShares } from '../files/fileShares';
import type { Volume, VolumeMount } from './groupDefinition';

/** A share that is not there, or whose account's key is another one. */
export class MountError extends Error {}

/**
 * Makes a group's volumes in a folder: empty ones, secret ones with their files, and shares of Azure Files, which outlive the
 * group. Others have nothing to hold here.
 */
export function makeVolumes(folder: string, volumes: Volume[], shares: FileShares): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, secret, azureFile } of volumes) {
    const directory = join(folder, name);
    if (azureFile) {
      const { storageAccountName, storageAccountKey, shareName } = azureFile;
      const share = shares.open(storageAccountName, storageAccountKey, shareName);
      if (!share) throw new MountError('Failed to mount Azure File Volume.');
      symlinkSync(share, directory);
      continue;
    }
    mkdirSync(directory, { recursive: true });
    for (const [file, content] of Object.entries(secret ?? {})) {
      writeFileSync(join(directory, file), Buffer.from(content, 'base64'), { mode: 0o600 });
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
