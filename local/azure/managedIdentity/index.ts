import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';
import { registerFederatedCredentials } from './federatedCredentials';
import { registerIdentities, type Identities } from './identities';

/** Microsoft.ManagedIdentity in the resource manager. */
export function registerManagedIdentities(
  app: FastifyInstance,
  context: LocalAzureContext,
  identities: Identities,
): void {
  registerIdentities(app, identities, context.resources);
  registerFederatedCredentials(app, context, identities);
}
