import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RepositoryClient } from '../registryClient';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface FolderImage {
  digest: string;
  /** Digest of the image's config, which podman takes for its id. */
  config: string;
}

interface ImageManifest {
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/**
 * Images as a folder: the manifest, and each blob under its hash; podman calls it `dir:`. Podman reads and writes such
 * folders, local Azure carries them from and to its registry. So podman itself calls no registry and needs none of its
 * names, certificates and passwords. Unlike OCI's layout it takes manifests in Docker's form too.
 */
const manifestPath = (folder: string): string => join(folder, 'manifest.json');
const blobPath = (folder: string, digest: string): string => join(folder, digest.slice(digest.indexOf(':') + 1));

/** Downloads an image by tag or digest into a new folder. */
export async function pullToFolder(
  repository: RepositoryClient,
  reference: string,
  folder: string,
): Promise<FolderImage> {
  const { digest, content } = await repository.manifest(reference);
  const manifest = JSON.parse(content.toString()) as ImageManifest;
  await mkdir(folder, { recursive: true });
  await writeFile(manifestPath(folder), content);
  for (const { digest: blob } of [manifest.config, ...manifest.layers]) {
    await pipeline(await repository.blob(blob), createWriteStream(blobPath(folder, blob)));
  }
  return { digest, config: manifest.config.digest };
}

/** Uploads the folder's image under a tag; what the registry has already is left out. */
export async function pushFromFolder(
  repository: RepositoryClient,
  tag: string,
  folder: string,
  log: (text: string) => void,
): Promise<{ digest: string; size: number }> {
  const content = await readFile(manifestPath(folder));
  const manifest = JSON.parse(content.toString()) as ImageManifest;
  for (const { digest, size } of [...manifest.layers, manifest.config]) {
    const name = digest.slice('sha256:'.length, 'sha256:'.length + 12);
    if (await repository.hasBlob(digest)) log(`${name}: Layer already exists\n`);
    else {
      await repository.pushBlob(digest, size, { file: blobPath(folder, digest) });
      log(`${name}: Pushed\n`);
    }
  }
  await repository.pushManifest(tag, manifest.mediaType, content);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { digest, size: content.length };
}
