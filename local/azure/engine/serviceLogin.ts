import type { LocalAzureContext } from '../context';
import { loginServer, registryOfHost } from '../registry/registryAccounts';
import { RegistryTokens } from '../registry/registryTokens';
import type { RegistryLogin } from './registryClient';

/**
 * How a service of the local cloud (ACR Tasks, a managed identity that pulls) signs in to a registry: by a refresh token that it
 * got for itself, as the real services do. Undefined for a server that is not a registry of the local cloud.
 */
export function serviceLogin(context: LocalAzureContext, server: string, subject: string): RegistryLogin | undefined {
  const registry = registryOfHost(server);
  if (!registry) return undefined;
  return { refreshToken: new RegistryTokens(context).refreshToken(loginServer(registry, context.port), subject) };
}
