import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import { identityAnswer as answer, type Identities } from './identities';

type Params = { group: string; identity: string };
type Body = { location?: string; tags?: Record<string, string> } | undefined;

const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';

/** Microsoft.ManagedIdentity (2023-01-31). */
export function registerIdentities(app: FastifyInstance, identities: Identities): void {
  const inGroup = `/subscriptions/:subscription/resourceGroups/:group/providers/${type}`;
  const one = `${inGroup}/:identity`;
  app.get(`/subscriptions/:subscription/providers/${type}`, async () => ({ value: identities.list().map(answer) }));
  app.get<{ Params: Params }>(inGroup, async ({ params }) => ({ value: identities.list(params.group).map(answer) }));
  app.get<{ Params: Params }>(one, async ({ params }) => answer(identities.get(params.group, params.identity)));
  app.put<{ Params: Params; Body: Body }>(one, async ({ params, body }, reply) => {
    const { group, identity } = params;
    const isNew = !identities.has(group, identity);
    const made = identities.create(group, identity, body?.location ?? localCloud.location, body?.tags ?? {});
    return reply.code(isNew ? 201 : 200).send(answer(made));
  });
  app.delete<{ Params: Params }>(one, async ({ params }, reply) =>
    reply.code(identities.delete(params.group, params.identity) ? 200 : 204).send(),
  );
}
