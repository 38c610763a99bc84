import {
  listContainerRegistries,
  readContainerRegistry,
  type ContainerRegistry,
} from '../common/azure/registry/containerRegistry';
import type { AzureSession } from '../common/azure/http/session';
import { TaskFailure } from '../common/taskFailure';
import type { Release } from './release';

/**
 * The ARM id of the image's registry: from the record, or found by its login server. The password of the registry's
 * admin user is sent to the image's host, so that the record's id counts only where Azure says that it is the same registry.
 */
export async function registryIdOf(
  { registry, registryId }: Pick<Release, 'registry' | 'registryId'>,
  session: AzureSession,
): Promise<string> {
  const isImages = ({ loginServer }: ContainerRegistry) => loginServer.toLowerCase() === registry.toLowerCase();
  if (registryId && isImages(await readContainerRegistry(session, registryId))) return registryId;
  const found = (await listContainerRegistries(session)).find(isImages);
  if (found) return found.id;
  throw new TaskFailure(
    `The image's registry ${registry} is not among the container registries that the service connection may see.`,
    'Set registryAuthentication to credentials, or give the connection the right to read that registry.',
    { help: 'the-image-cannot-be-pulled' },
  );
}
