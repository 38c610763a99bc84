import { TaskFailure } from './taskFailure';

/** A reference to a container image, taken apart. */
export interface ImageName {
  /** Host of the registry, with its port where it has one; docker.io where the reference names none. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** sha256:… */
  readonly digest?: string;
}

/** Docker Hub's registry has several hosts and one name. Source: distribution/reference, normalize.go; Docker Hub's own host is registry-1. */
export function registryName(host: string): string {
  return /^(index|registry-1)\.docker\.io$/i.test(host) ? 'docker.io' : host;
}

/** The reference with its registry by that name, so that whoever pulls it and whoever signs in to it name the same. */
export function withRegistryName(reference: string): string {
  return reference.replace(/^[^/]+(?=\/)/, registryName);
}

/** A host with its port where it has one, in brackets an address of IPv6: nothing that a shell or a URL would take for more. */
const registryHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/** Parts of letters and digits, with one dot, one or two underscores or any dashes between. Source: distribution/reference. */
const repositoryName = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/**
 * Takes a reference such as mcr.microsoft.com/azureml/x:latest or python:3.11 apart, by Docker's rules: the first part is
 * a registry if it holds a dot or a colon or is localhost; a name of one part at Docker Hub lies under library/.
 * @returns undefined where it is not an image reference
 */
export function parseImageName(reference: string): ImageName | undefined {
  const match = /^([^@\s]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference);
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  const slash = name.indexOf('/');
  const first = slash > 0 ? name.slice(0, slash) : '';
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  if (hasRegistry && !registryHost.test(first)) return undefined;
  const registry = hasRegistry ? registryName(first) : 'docker.io';
  const rest = hasRegistry ? name.slice(slash + 1) : name;
  if (!repositoryName.test(rest)) return undefined;
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  return { registry, repository, tag, digest };
}

/** @throws TaskFailure where what a record says is deployed is not an image reference */
export function requireDeployedImage({ image }: { readonly image: string }): ImageName {
  const name = parseImageName(image);
  if (name) return name;
  throw new TaskFailure(
    `The record's deployment names ${JSON.stringify(image)}, which is not a valid image reference.`,
    'Use the record that Deploy-ACI wrote. A reference is registry/repository@sha256:…; a registry is a host, with its port where it has one.',
  );
}
