import type { AzureSession } from '../http/session';
import type { DockerRegistryConnection } from '../../dockerRegistryConnection';
import { TaskFailure } from '../../taskFailure';
import { RegistryContents, registryHost } from './containerRegistryContents';
import type { NamedRegistry } from './registryIdOf';

/**
 * An image's registry, signed in to by the user and password of the input imageConnection.
 * @throws TaskFailure where the connection is of another registry
 */
export function connectedRegistry(
  named: NamedRegistry,
  connection: DockerRegistryConnection,
  session: AzureSession,
): RegistryContents {
  requireRegistryOf(connection, named);
  const { server, userName, password } = connection;
  return new RegistryContents(session, registryHost({ registry: server }), { kind: 'password', userName, password });
}

/** A record that others may have written names the image's registry: a password goes only to the one that it is for. */
export function requireRegistryOf(
  { server }: DockerRegistryConnection,
  { registry }: Pick<NamedRegistry, 'registry'>,
): void {
  if (server === registry.toLowerCase()) return;
  throw new TaskFailure(
    `Input imageConnection: it is of the registry ${server}, and the image is in ${registry}, which must not get its password.`,
    'Choose the connection of that registry. For an Azure container registry that the Azure connection may read, leave the input empty in Test-Endpoint, and choose another registryAuthentication in Deploy-ACI.',
  );
}
