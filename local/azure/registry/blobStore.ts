import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OciError } from './ociError';

const digestPattern = /^sha256:([0-9a-f]{64})$/;

/** The hexadecimal part of a sha256 digest; any other digest is refused, as ACR knows only sha256. */
export function hexOf(digest: string): string {
  const hex = digestPattern.exec(digest)?.[1];
  if (!hex) throw new OciError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
  return hex;
}

interface Upload {
  size: number;
  hash: Hash;
}

/** The registry's blobs, each in a file named by the SHA-256 of what is in it, and the uploads on their way there. */
export class BlobStore {
  private readonly blobs: string;
  private readonly uploads: string;
  private readonly open = new Map<string, Upload>();

  constructor(directory: string) {
    this.blobs = join(directory, 'blobs', 'sha256');
    this.uploads = join(directory, 'uploads');
    mkdirSync(this.blobs, { recursive: true });
    mkdirSync(this.uploads, { recursive: true });
  }

  path(digest: string): string {
    return join(this.blobs, hexOf(digest));
  }

  /** In bytes; undefined if there is no such blob. */
  size(digest: string): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  read(digest: string, range?: { start: number; end: number }): Readable {
    return createReadStream(this.path(digest), range);
  }

  startUpload(): string {
    const id = randomUUID();
    this.open.set(id, { size: 0, hash: createHash('sha256') });
    return id;
  }

  /** Received so far, in bytes. An upload does not survive a restart: the client then starts it again. */
  uploadSize(id: string): number {
    return this.upload(id).size;
  }

  /** Returns the upload's size after it. */
  async append(id: string, content: Readable): Promise<number> {
    const upload = this.upload(id);
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        upload.size += chunk.length;
        upload.hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(content, count, createWriteStream(join(this.uploads, id), { flags: 'a' }));
    return upload.size;
  }

  /** Makes the upload the blob of that digest, or refuses it (and forgets it) when its content is another. */
  async finish(id: string, digest: string): Promise<void> {
    const upload = this.upload(id);
    const target = this.path(digest);
    this.open.delete(id);
    const file = join(this.uploads, id);
    if (`sha256:${upload.hash.digest('hex')}` !== digest) {
      await rm(file, { force: true });
      throw new OciError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
    }
    if (existsSync(target)) await rm(file, { force: true });
    else await rename(file, target);
  }

  async cancel(id: string): Promise<void> {
    this.upload(id);
    this.open.delete(id);
    await rm(join(this.uploads, id), { force: true });
  }

  /** Stores a small content, such as a manifest. */
  async put(content: Buffer): Promise<string> {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    if ((await stat(this.path(digest)).catch(() => undefined)) === undefined) {
      const id = this.startUpload();
      this.upload(id).hash.update(content);
      const stream = createWriteStream(join(this.uploads, id));
      await new Promise<void>((resolve, reject) => stream.on('error', reject).end(content, resolve));
      await this.finish(id, digest);
    }
    return digest;
  }

  private upload(id: string): Upload {
    const upload = this.open.get(id);
    if (!upload) throw new OciError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { uuid: id });
    return upload;
  }
}
