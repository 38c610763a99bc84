import { ownValue } from '../../common/ownValue';
import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { Descriptor, Manifest, RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import type { TaskContext } from '../../common/task/taskContext';
import { ownLabel } from './imageLabels';

/** Docker's names of what a manifest holds, and OCI's of the same bytes. Source: OCI image specification, media types. */
const ociTypes: Readonly<Record<string, string>> = {
  'application/vnd.docker.distribution.manifest.v2+json': 'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.container.image.v1+json': 'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.image.rootfs.diff.tar': 'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/**
 * The manifest in OCI's form with these annotations. Docker's own form, which ACR Tasks push, has no place for any; config
 * and layers are the same bytes in both.
 * @returns undefined where it is not the manifest of one image, or holds what OCI has no name for
 */
export function annotatedManifest(
  { mediaType, config, layers, annotations, ...rest }: Manifest,
  added: Readonly<Record<string, string>>,
): Required<Manifest> | undefined {
  if (!config || !layers) return undefined;
  const renamed = (each: Descriptor): Descriptor => ({
    ...each,
    mediaType: ownValue(ociTypes, each.mediaType) ?? each.mediaType,
  });
  const all = {
    ...rest,
    mediaType: ownValue(ociTypes, mediaType) ?? mediaType,
    config: renamed(config),
    layers: layers.map(renamed),
  };
  const types = [all.mediaType, all.config.mediaType, ...all.layers.map((each) => each.mediaType)];
  if (!types.every((type) => type.startsWith('application/vnd.oci.image.'))) return undefined;
  return { ...all, annotations: { ...annotations, ...added } };
}

/**
 * Repeats an image's labels as annotations of its manifest, where registries and scanners read them without a pull. It is
 * done after the build, because no builder that is everywhere can: neither ACR Tasks' nor Docker's classic one. An image
 * that has them stays as it is, so one whose task was broken off in between gets them when it is used again.
 * @param names of the labels
 * @param more that is known since the image was built
 * @returns digest of the annotated image; the given one, with a warning, where the registry refuses
 */
export async function annotate(
  contents: Pick<RegistryContents, 'manifest' | 'blob' | 'addManifest'>,
  repository: string,
  digest: string,
  names: readonly string[],
  more: Readonly<Record<string, string>>,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<string> {
  try {
    const manifest = await contents.manifest(repository, digest, signal);
    if (manifest.annotations?.[ownLabel]) return digest;
    const labels = manifest.config ? await readLabels(contents, repository, manifest.config, signal) : {};
    const annotations = Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));
    const annotated = annotatedManifest(manifest, { ...annotations, ...more });
    if (annotated) return await contents.addManifest(repository, annotated, signal);
    log.warning(`The image ${digest} gets no annotations: ${manifest.mediaType} has no place for them.`);
  } catch (error) {
    if (!isAzureFailure(error)) throw error;
    log.warning(`The image ${digest} gets no annotations, but its labels say the same: ${error.message}`);
  }
  return digest;
}

async function readLabels(
  contents: Pick<RegistryContents, 'blob'>,
  repository: string,
  { digest }: Descriptor,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const text = (await contents.blob(repository, digest, signal)).toString('utf8');
  return (JSON.parse(text) as { config?: { Labels?: Record<string, string> | null } }).config?.Labels ?? {};
}
