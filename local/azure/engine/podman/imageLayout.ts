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

export interface LayoutImage {
  digest: string;
  size: number;
  /** Digest of the image's config, which podman takes for its id. */
  config: string;
  os: string;
  architecture: string;
}

interface ImageManifest {
  config: Descriptor;
  layers: Descriptor[];
}

/**
 * Images as a folder in OCI's image layout: podman reads and writes such folders, local Azure carries them from and to its
 * registry. So podman itself calls no registry and needs none of its names, certificates and passwords.
 */
const blobPath = (folder: string, digest: string): string => join(folder, 'blobs', ...digest.split(':'));

/** Downloads an image by tag or digest into a new folder. */
export async function pullToLayout(
  repository: RepositoryClient,
  reference: string,
  folder: string,
): Promise<LayoutImage> {
  const { digest, mediaType, content } = await repository.manifest(reference);
  const manifest = JSON.parse(content.toString()) as ImageManifest;
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  await writeFile(blobPath(folder, digest), content);
  for (const { digest: blob } of [manifest.config, ...manifest.layers]) {
    await pipeline(await repository.blob(blob), createWriteStream(blobPath(folder, blob)));
  }
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: content.length }] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const config = JSON.parse(await readFile(blobPath(folder, manifest.config.digest), 'utf8')) as {
    os: string;
    architecture: string;
  };
  const { os, architecture } = config;
  return { digest, size: content.length, config: manifest.config.digest, os, architecture };
}

/** Uploads the folder's only image under a tag; what the registry has already is left out. */
export async function pushFromLayout(
  repository: RepositoryClient,
  tag: string,
  folder: string,
  log: (text: string) => void,
): Promise<{ digest: string; size: number }> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const descriptor = index.manifests[0] as Descriptor;
  const content = await readFile(blobPath(folder, descriptor.digest));
  const manifest = JSON.parse(content.toString()) as ImageManifest;
  for (const { digest, size } of [...manifest.layers, manifest.config]) {
    const name = digest.slice('sha256:'.length, 'sha256:'.length + 12);
    if (await repository.hasBlob(digest)) log(`${name}: Layer already exists\n`);
    else {
      await repository.pushBlob(digest, size, { file: blobPath(folder, digest) });
      log(`${name}: Pushed\n`);
    }
  }
  await repository.pushManifest(tag, descriptor.mediaType, content);
  return { digest: descriptor.digest, size: content.length };
}
