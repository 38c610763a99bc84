import { listContainerRegistries, readContainerRegistry, type ContainerRegistry } from './containerRegistry';
import { HiddenResource } from '../rights/neededRole';
import type { AzureSession } from '../http/session';
import { TaskFailure } from '../../taskFailure';

/** An image's registry, by what a record or an input says of it. */
export interface NamedRegistry {
  /** Its host. */
  readonly registry: string;
  /** ARM id, where the record knows it. */
  readonly registryId?: string;
}

/**
 * The ARM id of the image's registry: from the record, or found by its login server. Tokens and the password of the registry's
 * admin user are sent to the image's host, so that the record's id counts only where Azure says that it is the same registry.
 */
export async function registryIdOf({ registry, registryId }: NamedRegistry, session: AzureSession): Promise<string> {
  const isImages = ({ loginServer }: ContainerRegistry) => loginServer.toLowerCase() === registry.toLowerCase();
  if (registryId && isImages(await readContainerRegistry(session, registryId))) return registryId;
  const all = await listContainerRegistries(session);
  const found = all.find(isImages);
  if (found) return found.id;
  // Where it shows others, it is more likely none of Azure's than hidden.
  const Problem = all.length === 0 ? HiddenResource : TaskFailure;
  throw new Problem(
    `The image's registry ${registry} is not among the container registries that the service connection may see.`,
    'Give the connection the right to read that registry. For one outside Azure, choose its connection in imageConnection; in Deploy-ACI set registryAuthentication to credentials.',
    { help: 'the-image-cannot-be-pulled' },
  );
}
