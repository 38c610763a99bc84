import type { NeededRole } from '../rights/requireRights';
import type { AzureSession } from '../http/session';
import { RegistryContents } from './containerRegistryContents';
import { registryIdOf, type NamedRegistry } from './registryIdOf';

/**
 * An image's registry, signed in to as the service connection: only once Azure has said that it is one of its own, as a record
 * names it that others may have written.
 */
export async function imageRegistry(named: NamedRegistry, session: AzureSession): Promise<RegistryContents> {
  await registryIdOf(named, session);
  return new RegistryContents(session, named.registry, { kind: 'entra' });
}

/** What it takes to find a registry and to read what is attached to its images. */
export function registryReader(registryId: string, purpose: string): NeededRole {
  const provider = 'Microsoft.ContainerRegistry/registries';
  return {
    role: 'Reader',
    scope: registryId,
    actions: [`${provider}/read`, [`${provider}/pull/read`, `${provider}/repositories/content/read`]],
    purpose,
  };
}
