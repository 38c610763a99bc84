import type { FastifyInstance } from 'fastify';
import type {
  CredentialRequest,
  FederatedCredential,
  FederatedCredentials,
  IdentityName,
} from './federatedCredentials';

type Params = IdentityName & { credential: string };

const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';

const answer = ({ name, identity, ...properties }: FederatedCredential) => ({
  id: `${identity}/federatedIdentityCredentials/${name}`,
  name,
  type: `${type}/federatedIdentityCredentials`,
  properties,
});

/** Microsoft.ManagedIdentity 2023-01-31, FederatedIdentityCredentials. */
export function registerFederatedCredentials(app: FastifyInstance, credentials: FederatedCredentials): void {
  const all = `/subscriptions/:subscription/resourceGroups/:group/providers/${type}/:identity/federatedIdentityCredentials`;
  const one = `${all}/:credential`;
  app.get<{ Params: Params }>(all, async ({ params }) => ({ value: credentials.list(params).map(answer) }));
  app.get<{ Params: Params }>(one, async ({ params }) => answer(credentials.get(params, params.credential)));
  app.put<{ Params: Params; Body: CredentialRequest }>(one, async ({ params, body }, reply) => {
    const { credential, isNew } = credentials.put(params, params.credential, body);
    return reply.code(isNew ? 201 : 200).send(answer(credential));
  });
  app.delete<{ Params: Params }>(one, async ({ params }, reply) =>
    reply.code(credentials.delete(params, params.credential) ? 200 : 204).send(),
  );
}
