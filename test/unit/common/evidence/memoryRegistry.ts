import { createHash } from 'node:crypto';
import {
  TooLargeBlob,
  type Descriptor,
  type Manifest,
  type Referrer,
} from '../../../../tasks/common/azure/registry/containerRegistryContents';
import { AzureFailure } from '../../../../tasks/common/azure/http/azureFailure';
import { bundleType, readBundle } from '../../../../tasks/common/evidence/bundle';
import type { Envelope } from '../../../../tasks/common/evidence/envelope';

type Attached = Manifest & { subject: Descriptor; artifactType: string };

/** A registry of one repository, in which anything can be changed. */
export class MemoryRegistry {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Attached>();

  readonly manifestDescriptor = (_: string, digest: string) =>
    Promise.resolve({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 });

  readonly addBlob = (_: string, content: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    this.blobs.set(digest, content);
    return Promise.resolve({ mediaType: 'application/octet-stream', digest, size: content.length });
  };

  readonly addReferrer = (_: string, manifest: object) => {
    const digest = `sha256:${createHash('sha256').update(JSON.stringify(manifest)).digest('hex')}`;
    this.manifests.set(digest, manifest as Attached);
    return Promise.resolve(digest);
  };

  readonly referrers = (_: string, digest: string): Promise<Referrer[]> => {
    const about = [...this.manifests].filter(([, { subject }]) => subject.digest === digest);
    return Promise.resolve(
      about.map(([each, { annotations, artifactType, mediaType }]) => ({ digest: each, annotations, artifactType, mediaType, size: 1 })), // prettier-ignore
    );
  };

  readonly manifest = (_: string, digest: string): Promise<Manifest> => {
    this.read++;
    const found = this.manifests.get(digest);
    return found
      ? Promise.resolve(found)
      : Promise.reject(new AzureFailure('It is not there.', undefined, 404, 'MANIFEST_UNKNOWN', '', undefined));
  };

  readonly blob = (_: string, digest: string, _signal: AbortSignal, most = Infinity): Promise<Buffer> => {
    const blob = this.blobs.get(digest)!;
    return blob.length > most ? Promise.reject(new TooLargeBlob('It is too large.')) : Promise.resolve(blob);
  };

  /** How many statements were read. */
  read = 0;

  /** What is attached to images, by the digest of the manifest that attaches it. */
  statements(): Array<{ digest: string; predicateType: string; envelope: Envelope }> {
    return [...this.manifests].map(([digest, { annotations, layers }]) => ({
      digest,
      predicateType: annotations!['dev.sigstore.bundle.predicateType']!,
      envelope: readBundle(this.blobs.get(layers![0]!.digest)!)!,
    }));
  }

  /** Puts other bytes in the place of a bundle. */
  async replace(digest: string, bytes: Buffer, size = bytes.length): Promise<void> {
    const manifest = this.manifests.get(digest)!;
    const layer = { ...(await this.addBlob('', bytes)), size, mediaType: bundleType };
    this.manifests.set(digest, { ...manifest, layers: [layer] });
  }
}
