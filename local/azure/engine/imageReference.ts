import { mirrorRegistry, registryOfHost } from '../registry/registryAccounts';

/** The parts of an image's name, with what is left out filled in as Docker does. */
export interface ImageReference {
  /** e.g. docker.io, mcr.microsoft.com, quickstartsacr.azurecr.localhost:8443 */
  host: string;
  repository: string;
  /** Set when there is no digest. */
  tag?: string;
  digest?: string;
}

const pattern =
  /^((?:[\w.-]+(?::\d+)?)\/)?([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Throws an error that names the reference when it is none. */
export function parseImageReference(text: string): ImageReference {
  const match = pattern.exec(text);
  const first = match?.[1]?.slice(0, -1);
  // A first part is a host only if it looks like one, otherwise it belongs to the repository.
  const hasHost = first !== undefined && (/[.:]/.test(first) || first === 'localhost');
  const repository = hasHost || first === undefined ? match?.[2] : `${first}/${match?.[2]}`;
  if (!match || !repository || /[A-Z]/.test(repository)) {
    throw new Error(`'${text}' is no valid image reference: invalid reference format`);
  }
  const digest = match[4];
  const tag = match[3] ?? (digest ? undefined : 'latest');
  if (hasHost) return { host: first, repository, tag, digest };
  return {
    host: 'docker.io',
    repository: repository.includes('/') ? repository : `library/${repository}`,
    tag,
    digest,
  };
}

export function formatImageReference({ host, repository, tag, digest }: ImageReference): string {
  return `${host}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/**
 * Where an image is to be had on this machine. Images of the local cloud's registries: there. Any other host's: in the
 * mirror registry, in a repository that begins with the host's name, if someone put them there, as no other registry is
 * ever called.
 */
export function localReference(reference: ImageReference, port: number): ImageReference & { mirrored: boolean } {
  if (registryOfHost(reference.host)) return { ...reference, mirrored: false };
  return {
    ...reference,
    host: `${mirrorRegistry}.azurecr.localhost:${port}`,
    repository: `${reference.host.toLowerCase().replace(':', '-')}/${reference.repository}`,
    mirrored: true,
  };
}
