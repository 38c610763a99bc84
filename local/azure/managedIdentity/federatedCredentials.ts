import type { FastifyInstance } from 'fastify';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';
import { identityId, type Identities } from './identities';

interface FederatedCredential {
  name: string;
  /** ARM id of the identity. */
  identity: string;
  issuer: string;
  subject: string;
  audiences: string[];
}

type Params = { group: string; identity: string; credential: string };
type Body = { properties?: Partial<Pick<FederatedCredential, 'issuer' | 'subject' | 'audiences'>> } | undefined;

const route =
  '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/:identity/federatedIdentityCredentials';

/** Whom an identity trusts to vouch for it (Microsoft.ManagedIdentity 2023-01-31); Entra here trusts Azure DevOps without. */
export function registerFederatedCredentials(
  app: FastifyInstance,
  context: LocalAzureContext,
  identities: Identities,
): void {
  const credentials: Collection<FederatedCredential> = context.collection('federatedIdentityCredentials');
  const answer = ({ name, identity, ...properties }: FederatedCredential) => ({
    id: `${identity}/federatedIdentityCredentials/${name}`,
    name,
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
    properties,
  });
  const missing = (type: string, name: string, group: string): ArmError =>
    resourceNotFound(`Microsoft.ManagedIdentity/${type}`, name, group);
  const identityOf = ({ group, identity }: Params): string => {
    const found = identities.identities.get(`${group}/${identity}`);
    if (found) return identityId(found);
    throw missing('userAssignedIdentities', identity, group);
  };
  const keyOf = (params: Params): string => `${identityOf(params)}/${params.credential}`;
  const all = () => credentials.list().map(({ value }) => value);

  app.get<{ Params: Params }>(route, async ({ params }) => {
    const identity = identityOf(params);
    return { value: all().filter((each) => each.identity === identity).map(answer) }; // prettier-ignore
  });
  app.get<{ Params: Params }>(`${route}/:credential`, async ({ params }) => {
    const found = credentials.get(keyOf(params));
    if (found) return answer(found);
    throw missing('userAssignedIdentities/federatedIdentityCredentials', `${params.identity}/${params.credential}`, params.group); // prettier-ignore
  });
  app.put<{ Params: Params; Body: Body }>(`${route}/:credential`, async ({ params, body }, reply) => {
    const { issuer, subject, audiences } = body?.properties ?? {};
    if (!issuer || !subject || !audiences?.length) {
      throw new ArmError(400, 'BadRequest', 'The properties issuer, subject and audiences are required.');
    }
    const isNew = !credentials.get(keyOf(params));
    const credential = { name: params.credential, identity: identityOf(params), issuer, subject, audiences };
    credentials.put(keyOf(params), credential);
    return reply.code(isNew ? 201 : 200).send(answer(credential));
  });
  app.delete<{ Params: Params }>(`${route}/:credential`, async ({ params }, reply) =>
    reply.code(credentials.delete(keyOf(params)) ? 200 : 204).send(),
  );
}
