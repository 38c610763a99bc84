import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** A request to a registry as somebody who may do all in it. */
export type AskRegistry = (
  method: string,
  path: string,
  body?: Buffer,
  type?: string,
) => Promise<{ readonly status: number; readonly text: string; readonly location?: string }>;

interface Manifest {
  subject: { digest: string; mediaType: string; size: number };
  layers: Array<{ mediaType: string; digest: string; size: number }>;
  annotations: Record<string, string>;
}

/** A signed statement as it is attached to an image. */
export interface AttachedBundle {
  /** Of the manifest that attaches it. */
  readonly digest: string;
  readonly predicateType: string;
  readonly manifest: Manifest;
  readonly bundle: {
    dsseEnvelope: { payload: string; payloadType: string; signatures: Array<{ sig: string }> };
  } & Record<string, unknown>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What is attached to images, read and changed as anyone may who can push: past the tasks. */
export class AttachedBundles {
  constructor(
    private readonly ask: AskRegistry,
    private readonly repository: string,
  ) {}

  async of(digest: string): Promise<AttachedBundle[]> {
    const { status, text } = await this.ask('GET', `/v2/${this.repository}/referrers/${digest}`);
    assert.equal(status, 200, text);
    const { manifests } = JSON.parse(text) as { manifests: Array<{ digest: string }> };
    return Promise.all(
      manifests.map(async (each): Promise<AttachedBundle> => {
        const read = async (path: string) => JSON.parse((await this.ask('GET', `/v2/${this.repository}/${path}`)).text) as unknown; // prettier-ignore
        const manifest = (await read(`manifests/${each.digest}`)) as Manifest;
        const bundle = (await read(`blobs/${manifest.layers[0]!.digest}`)) as AttachedBundle['bundle'];
        const predicateType = manifest.annotations['dev.sigstore.bundle.predicateType']!;
        return { digest: each.digest, predicateType, manifest, bundle };
      }),
    );
  }

  async remove({ digest }: Pick<AttachedBundle, 'digest'>): Promise<void> {
    assert.equal((await this.ask('DELETE', `/v2/${this.repository}/manifests/${digest}`)).status, 202);
  }

  /** Attaches a bundle, to the image that its manifest names or to another one. */
  async attach({ bundle, manifest }: Pick<AttachedBundle, 'bundle' | 'manifest'>, subject = manifest.subject) {
    const bytes = Buffer.from(JSON.stringify(bundle));
    const layer = { ...manifest.layers[0]!, digest: sha256(bytes), size: bytes.length };
    const { location = '' } = await this.ask('POST', `/v2/${this.repository}/blobs/uploads/`);
    const uploaded = await this.ask('PUT', `${location}?digest=${layer.digest}`, bytes, 'application/octet-stream');
    assert.equal(uploaded.status, 201, uploaded.text);
    const body = Buffer.from(JSON.stringify({ ...manifest, layers: [layer], subject }));
    const digest = sha256(body);
    const put = await this.ask('PUT', `/v2/${this.repository}/manifests/${digest}`, body, manifestType);
    assert.equal(put.status, 201, put.text);
    return { digest };
  }
}

/** The bundle with another text in it, its signature left as it was. */
export function forged(
  { bundle }: Pick<AttachedBundle, 'bundle'>,
  change: (text: string) => string,
): AttachedBundle['bundle'] {
  const { dsseEnvelope } = bundle;
  const text = Buffer.from(dsseEnvelope.payload, 'base64').toString();
  const changed = change(text);
  assert.notEqual(changed, text);
  return { ...bundle, dsseEnvelope: { ...dsseEnvelope, payload: Buffer.from(changed).toString('base64') } };
}
