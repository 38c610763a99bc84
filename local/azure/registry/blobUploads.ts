import type { Readable } from 'node:stream';
import type { BlobStore } from './blobStore';
import { OciError } from './ociError';
import type { RegistryAuthorization } from './registryAuthorization';
import type { Repository, RepositoryStore } from './repositoryStore';

/** Where a blob may already lie. */
export interface MountSource {
  readonly registry: string;
  readonly digest: string | null;
  /** The repository that has it. */
  readonly from: string | null;
}

/** Uploads of blobs into repositories. */
export class BlobUploads {
  constructor(
    private readonly blobs: BlobStore,
    private readonly repositories: RepositoryStore,
    private readonly authorization: RegistryAuthorization,
  ) {}

  /**
   * Takes a blob over from another repository.
   * @returns its digest; undefined where it must be uploaded. Whoever may not read the source uploads it too, as if it were not there.
   */
  mount(
    repository: Repository,
    { registry, digest, from }: MountSource,
    header: string | undefined,
  ): string | undefined {
    if (!digest || !from || this.blobs.size(digest) === undefined) return undefined;
    if (!this.repositories.repository(registry, from).hasBlob(digest)) return undefined;
    const source = { type: 'repository', name: from, actions: ['pull'] };
    if (!this.authorization.allows(registry, header, source)) return undefined;
    repository.addBlob(digest);
    return digest;
  }

  start(): string {
    return this.blobs.startUpload();
  }

  /** Bytes that have arrived. */
  size(id: string): number {
    return this.blobs.uploadSize(id);
  }

  /**
   * @param range the header Content-Range, where one was sent
   * @returns bytes that have arrived by now
   */
  async append(id: string, content: Readable | undefined, range?: string): Promise<number> {
    const start = /^(\d+)-\d+$/.exec(range ?? '')?.[1];
    if (start !== undefined && Number(start) !== this.size(id)) {
      throw new OciError(416, 'BLOB_UPLOAD_INVALID', 'blob upload invalid: the range does not continue the upload');
    }
    return content ? this.blobs.append(id, content) : this.size(id);
  }

  async finish(repository: Repository, id: string, digest: string): Promise<void> {
    await this.blobs.finish(id, digest);
    repository.addBlob(digest);
  }

  cancel(id: string): Promise<void> {
    return this.blobs.cancel(id);
  }
}
