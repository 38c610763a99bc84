import type { Blobs } from '../../context';
import { artifactContainer, artifactPrefix } from '../assets/storageLocation';

export interface RunArtifact {
  /** Relative to the run, e.g. user_logs/std_log.txt. */
  path: string;
  /** Bytes. */
  size: number;
  createdUtc: string;
  etag: string;
}

/** The files that a run left, or leaves just now, in workspaceartifactstore. */
export class RunArtifacts {
  constructor(private readonly blobs: Blobs) {}

  async list(run: string, prefix = ''): Promise<RunArtifact[]> {
    const root = artifactPrefix(run);
    const found: RunArtifact[] = [];
    for await (const blob of this.blobs.container(artifactContainer).listBlobsFlat({ prefix: root + prefix })) {
      found.push({
        path: blob.name.slice(root.length),
        size: blob.properties.contentLength ?? 0,
        createdUtc: (blob.properties.createdOn ?? blob.properties.lastModified).toISOString(),
        etag: blob.properties.etag,
      });
    }
    return found;
  }

  /** A URL by which the file can be read for 8 hours, as in the service's own answers. */
  readUrl(run: string, path: string): string {
    return this.blobs.sasUrl(artifactContainer, { blob: artifactPrefix(run) + path, permissions: 'r' });
  }

  client(run: string, path: string) {
    return this.blobs.container(artifactContainer).getBlockBlobClient(artifactPrefix(run) + path);
  }
}
