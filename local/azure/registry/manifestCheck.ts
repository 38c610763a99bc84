import { OciError } from './ociError';
import { messageOf } from '../../messageOf';

interface Descriptor {
  /** Where a layer lies that is not to be distributed. */
  urls?: string[];
  mediaType?: string;
  digest?: string;
  size?: number;
}

export interface Manifest {
  schemaVersion?: number;
  mediaType?: string;
  artifactType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

const imageTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

const invalid = (reason: string): OciError =>
  new OciError(400, 'MANIFEST_INVALID', `manifest invalid: ${reason}`, { reason });

/** What the repository holds. */
interface Known {
  blob(digest: string): boolean;
  manifest(digest: string): boolean;
}

/**
 * Reads a pushed manifest, and refuses one that is malformed or that names blobs or manifests which the repository does
 * not hold, as ACR does. `mediaType` is the request's content type, which must agree with the manifest's own.
 */
export function checkManifest(content: Buffer, mediaType: string, known: Known): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(content.toString()) as Manifest;
  } catch (error) {
    throw invalid(messageOf(error));
  }
  if (manifest.schemaVersion !== 2) throw invalid(`schema version ${String(manifest.schemaVersion)} is not supported`);
  if (manifest.mediaType && manifest.mediaType !== mediaType) {
    throw invalid(`it says ${manifest.mediaType}, but was sent as ${mediaType}`);
  }
  if (imageTypes.includes(mediaType)) checkBlobs(manifest, known);
  else if (indexTypes.includes(mediaType)) checkChildren(manifest, known);
  else throw invalid(`media type ${mediaType || '(none)'} is not supported`);
  return manifest;
}

function checkBlobs({ config, layers = [] }: Manifest, known: Known): void {
  for (const blob of [config, ...layers]) {
    if (!blob?.digest) throw invalid('a descriptor has no digest');
    if (!known.blob(blob.digest) && !isElsewhere(blob)) {
      throw new OciError(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { digest: blob.digest });
    }
  }
}

function checkChildren({ manifests = [] }: Manifest, known: Known): void {
  for (const child of manifests) {
    if (!child.digest) throw invalid('a descriptor has no digest');
    if (!known.manifest(child.digest)) {
      throw new OciError(400, 'MANIFEST_UNKNOWN', 'manifest unknown to registry', { digest: child.digest });
    }
  }
}

/** Layers that only their makers may hand out, e.g. of Windows. Source: OCI image specification, layer.md. */
const isElsewhere = ({ mediaType, urls }: Descriptor): boolean =>
  (urls ?? []).length > 0 && /\.(nondistributable|foreign)\./.test(mediaType ?? '');

/** The size of a manifest's config and layers as their descriptors say, in bytes. */
export function sizeOf(manifest: Manifest): number {
  return [manifest.config, ...(manifest.layers ?? [])].reduce((sum, blob) => sum + (blob?.size ?? 0), 0);
}
