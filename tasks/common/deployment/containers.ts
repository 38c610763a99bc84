import type { Container, ContainerGroup } from '../azure/containerGroups/containerGroups';

/** The container that scores. */
export const scoringContainer = 'scoring';
/** The sidecar that ends TLS and checks the key. */
export const gatewayContainer = 'gateway';

/** The container that scores; in a group that somebody else made, the first one. */
export function mainContainer(group: ContainerGroup): Container | undefined {
  return group.containers.find(({ name }) => name === scoringContainer) ?? group.containers[0];
}

/**
 * Where a group is called: scheme, host and port without a slash at the end, e.g. http://x.eastus.azurecontainer.io:5001.
 * The name is read, never built: with a reuse scope Azure puts a hash into it.
 * @returns undefined while Azure has given it neither a name nor an address, or where it exposes nothing
 */
export function groupOrigin({ ipAddress }: ContainerGroup): string | undefined {
  const host = ipAddress?.fqdn || ipAddress?.ip;
  const ports = ipAddress?.ports?.map(({ port }) => port) ?? [];
  if (!host || ports.length === 0) return undefined;
  if (ports.includes(443)) return `https://${host}`;
  return ports[0] === 80 ? `http://${host}` : `http://${host}:${ports[0]}`;
}

/** The route by which Azure itself probes the container, / where it probes none. */
export function probedPath(group: ContainerGroup): string {
  const container = mainContainer(group);
  return container?.readinessProbe?.httpGet?.path ?? container?.livenessProbe?.httpGet?.path ?? '/';
}

/** Tags that Deploy-ACI leaves on a group. */
export const deploymentTags = {
  model: 'mlops-model',
  modelVersion: 'mlops-model-version',
  imageDigest: 'mlops-image-digest',
  build: 'mlops-build',
  /** Address of the run that deployed it, a build or a classic release: a build's number need not be its own. */
  run: 'mlops-run',
  /** The image that ran before, for a run that takes up where another one died. */
  previousImage: 'mlops-previous-image',
  /** Fingerprint of the secure values. */
  secrets: 'mlops-secrets',
  /** On a group that stands beside the real one while it is verified: the real one's name. */
  besides: 'mlops-besides',
} as const;
