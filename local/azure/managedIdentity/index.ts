import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';
import { registerFederatedCredentials } from './federatedCredentialRoutes';
import { FederatedCredentials } from './federatedCredentials';
import type { Identities } from './identities';
import { registerIdentities } from './identityRoutes';

/** Microsoft.ManagedIdentity in the resource manager. */
export function registerManagedIdentities(
  app: FastifyInstance,
  context: LocalAzureContext,
  identities: Identities,
): void {
  registerIdentities(app, identities);
  registerFederatedCredentials(app, new FederatedCredentials(context, identities));
}
