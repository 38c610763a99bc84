import type { Readable } from 'node:stream';
import type { BlobStore } from './blobStore';
import { checkManifest, sizeOf } from './manifestCheck';
import { disallowed, manifestUnknown, OciError } from './ociError';
import type { ManifestRecord, Repository } from './repositoryStore';

/** In bytes, as the distribution specification asks registries to accept at least. */
const maxManifestSize = 4 * 1024 * 1024;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export interface StoredManifest {
  readonly digest: string;
  /** Digest of the manifest that this one is about. */
  readonly subject?: string;
}

/** The manifests of repositories, by tag and digest. */
export class Manifests {
  constructor(private readonly blobs: BlobStore) {}

  find(repository: Repository, reference: string): ManifestRecord {
    checkReference(reference);
    const digest = isDigest(reference) ? reference : repository.tag(reference)?.digest;
    const record = digest ? repository.manifest(digest) : undefined;
    if (!record) throw manifestUnknown(reference);
    return record;
  }

  read({ digest }: ManifestRecord): Readable {
    return this.blobs.read(digest);
  }

  async put(
    repository: Repository,
    reference: string,
    mediaType: string,
    body: Readable | undefined,
  ): Promise<StoredManifest> {
    checkReference(reference);
    const content = await readAll(body);
    const manifest = checkManifest(content, mediaType, {
      blob: (digest) => repository.hasBlob(digest),
      manifest: (digest) => repository.manifest(digest) !== undefined,
    });
    if (!repository.allows('writeEnabled', '_tags', reference)) throw disallowed();
    const digest = await this.blobs.put(content);
    if (isDigest(reference) && reference !== digest) {
      throw new OciError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
    }
    if (!repository.manifest(digest)) {
      repository.putManifest({
        digest,
        mediaType,
        size: content.length,
        imageSize: sizeOf(manifest) + content.length,
        createdTime: new Date().toISOString(),
        ...(await this.platformOf(manifest.config?.digest, repository)),
        configMediaType: manifest.config?.mediaType,
        subject: manifest.subject?.digest,
        artifactType: manifest.artifactType ?? (manifest.subject ? manifest.config?.mediaType : undefined),
        annotations: manifest.annotations,
      });
    }
    if (!isDigest(reference)) repository.putTag(reference, digest);
    return { digest, subject: manifest.subject?.digest };
  }

  /** By digest the manifest and its tags, by tag the tag. */
  delete(repository: Repository, reference: string): void {
    const { digest } = this.find(repository, reference);
    const kind = isDigest(reference) ? '_manifests' : '_tags';
    if (!repository.allows('deleteEnabled', kind, reference)) throw disallowed();
    if (isDigest(reference)) repository.deleteManifest(digest);
    else repository.deleteTag(reference);
  }

  /** What is about this manifest, as an image index. */
  referrers(repository: Repository, subject: string, artifactType: string | null) {
    const manifests = repository
      .listManifests()
      .filter((record) => record.subject === subject && (!artifactType || record.artifactType === artifactType))
      .map(({ mediaType, digest, size, artifactType, annotations }) => ({
        mediaType,
        digest,
        size,
        artifactType,
        annotations,
      }));
    return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  }

  private async platformOf(
    config: string | undefined,
    repository: Repository,
  ): Promise<{ architecture?: string; os?: string }> {
    if (!config || !repository.hasBlob(config)) return {};
    try {
      const { architecture, os } = JSON.parse((await readAll(this.blobs.read(config))).toString()) as ManifestRecord;
      return { architecture, os };
    } catch {
      return {};
    }
  }
}

const isDigest = (reference: string): boolean => reference.startsWith('sha256:');

function checkReference(reference: string): void {
  if (isDigest(reference) || tagPattern.test(reference)) return;
  throw new OciError(400, 'TAG_INVALID', 'manifest tag did not match', { reference });
}

async function readAll(stream: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += (chunk as Buffer).length;
    if (size > maxManifestSize)
      throw new OciError(413, 'SIZE_INVALID', `the manifest is larger than ${maxManifestSize} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
