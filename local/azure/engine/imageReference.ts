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

/** Source: distribution/reference, regexp.go: a separator is a dot, one or two underscores, or dashes. */
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const path = new RegExp(`^${component}(?:/${component})*$`);
const pattern = /^([^\s@]+?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** By which Docker Hub is reached: in names it is docker.io. */
const hubHosts = ['index.docker.io', 'registry-1.docker.io'];

/** Throws an error that names the reference when it is none. */
export function parseImageReference(text: string): ImageReference {
  const [, name = '', givenTag, digest] = pattern.exec(text) ?? [];
  const [first = '', ...others] = name.split('/');
  // A first part is a host only if it looks like one, otherwise it belongs to the repository.
  const hasHost = others.length > 0 && /^[\w.-]+(:\d+)?$/.test(first) && (/[.:]/.test(first) || first === 'localhost');
  const host = !hasHost || hubHosts.includes(first.toLowerCase()) ? 'docker.io' : first;
  const given = hasHost ? others.join('/') : name;
  if (!path.test(given)) throw new Error(`'${text}' is not a valid image reference: invalid reference format`);
  const repository = host === 'docker.io' && !given.includes('/') ? `library/${given}` : given;
  return { host, repository, tag: givenTag ?? (digest ? undefined : 'latest'), digest };
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
