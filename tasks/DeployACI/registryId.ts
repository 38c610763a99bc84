import { listContainerRegistries } from '../common/azure/containerRegistry';
import type { AzureSession } from '../common/azure/session';
import { TaskFailure } from '../common/taskFailure';
import type { Release } from './release';

/** The ARM id of the image's registry: from the record, or found by its login server. */
export async function registryIdOf({ registry, registryId }: Release, session: AzureSession): Promise<string> {
  if (registryId) return registryId;
  const found = (await listContainerRegistries(session)).find(
    ({ loginServer }) => loginServer.toLowerCase() === registry.toLowerCase(),
  );
  if (found) return found.id;
  throw new TaskFailure(
    `The image's registry ${registry} is not among the container registries that the service connection may see.`,
    'Set registryAuthentication to credentials, or give the connection the right to read that registry.',
  );
}
