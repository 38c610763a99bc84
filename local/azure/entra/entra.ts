import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import type { Directory, TokenForm } from './directory';
import { EntraError } from './entraError';

interface OfTenant {
  Params: { tenant: string };
}

/** Microsoft Entra: discovery, keys and the token endpoint; and Azure DevOps' OIDC tokens. */
export function registerEntra(app: FastifyInstance, directory: Directory): void {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof EntraError)) return reply.send(error);
    return reply.code(error.status).send(error.body());
  });

  app.get<OfTenant>('/:tenant/v2.0/.well-known/openid-configuration', async ({ params }) =>
    directory.openIdConfiguration(params.tenant),
  );
  app.get('/:tenant/discovery/v2.0/keys', async () => directory.keys());
  app.post<OfTenant & { Body: TokenForm | undefined }>('/:tenant/oauth2/v2.0/token', async ({ params, body }) =>
    directory.token(params.tenant, body ?? {}),
  );

  // What the agent's SYSTEM_OIDCREQUESTURI points at.
  app.post<{ Querystring: { serviceConnectionId?: string } }>('/oidc/*', async ({ headers, query }, reply) => {
    if (!directory.isSystemAccessToken(headers.authorization)) {
      return reply.code(401).send({ message: 'TF400813: The user is not authorized to access this resource.' });
    }
    if (query.serviceConnectionId !== localCloud.serviceConnectionId) {
      return reply.code(404).send({ message: `Service connection ${query.serviceConnectionId} was not found.` });
    }
    return { oidcToken: directory.oidcToken() };
  });
}
