import type { NeededRole } from '../rights/neededRole';
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

const provider = 'Microsoft.ContainerRegistry/registries';

/** What it takes to push to a registry; of one with ABAC repository permissions these are rights on data, in other roles. */
export function registryWriter(registry: NeededRole['scope'], purpose: string): NeededRole {
  return {
    role: 'AcrPush',
    scope: registry,
    actions: [
      [`${provider}/pull/read`, `${provider}/repositories/content/read`],
      [`${provider}/push/write`, `${provider}/repositories/content/write`],
    ],
    purpose: `${purpose} (Container Registry Repository Writer on one with ABAC repository permissions)`,
  };
}

/** What it takes to find a registry and to read what is attached to its images. */
export function registryReader(registry: NeededRole['scope'], purpose: string): NeededRole {
  return {
    role: 'Reader',
    scope: registry,
    actions: [`${provider}/read`, [`${provider}/pull/read`, `${provider}/repositories/content/read`]],
    purpose,
  };
}
