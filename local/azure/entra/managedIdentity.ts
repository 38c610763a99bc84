import { timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { localCloud, type LocalAzureContext } from '../context';
import { tokenLifetime } from './directory';
import type { TokenIssuer } from './tokenIssuer';

/**
 * The instance metadata service of a virtual machine with a managed identity: plain HTTP, as the real one is, on a port
 * of its own. Clients find it by AZURE_POD_IDENTITY_AUTHORITY_HOST, which may carry a path: here it must begin with the
 * secret, as every user of this machine, and every page in a browser on it, reaches the port. Returns its URL without it.
 */
export async function startMetadataService(
  context: LocalAzureContext,
  tokens: TokenIssuer,
  secret: string,
): Promise<string> {
  const app = Fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  app.addHook('onRequest', async (request, reply) => {
    // A name that somebody made point here (DNS rebinding) is not the one that clients were told.
    const { port } = app.server.address() as AddressInfo;
    if (request.headers.host !== `127.0.0.1:${port}`) return reply.code(403).send({ error: 'forbidden' });
  });
  app.get<{ Params: { secret: string }; Querystring: { resource?: string; client_id?: string } }>(
    '/:secret/metadata/identity/oauth2/token',
    async (request, reply) => {
      if (!isSame(request.params.secret, secret)) return reply.code(404).send({ error: 'not_found' });
      const { resource, client_id: clientId } = request.query;
      if (request.headers.metadata !== 'true') {
        return reply
          .code(400)
          .send({ error: 'invalid_request', error_description: 'Required metadata header not specified' });
      }
      if (!resource) {
        return reply
          .code(400)
          .send({ error: 'invalid_request', error_description: 'Required query parameter "resource" missing' });
      }
      if (clientId && clientId !== localCloud.clientId) {
        return reply.code(400).send({ error: 'invalid_request', error_description: 'Identity not found' });
      }
      const lifetime = tokenLifetime(context);
      return {
        access_token: tokens.accessToken(resource.replace(/\/$/, ''), localCloud.clientId, lifetime),
        client_id: localCloud.clientId,
        expires_in: String(lifetime),
        expires_on: String(Math.floor(Date.now() / 1000) + lifetime),
        resource,
        token_type: 'Bearer',
      };
    },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  context.onClose(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
