import type { Secret } from './secret';

/** A Docker registry service connection, as plain data. Its password is registered as a secret. */
export interface DockerRegistryConnection {
  /** Host of the registry as it stands in image references, e.g. docker.io or registry.example.com:5000. */
  readonly server: string;
  readonly userName: string;
  readonly password: Secret;
}
