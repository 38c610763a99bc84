import { timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import type { LocalAzureContext } from '../context';
import { MachineIdentity, RefusedToken } from './machineIdentity';
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
  const identity = new MachineIdentity(context, tokens);
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof RefusedToken)) return reply.send(error);
    return reply.code(400).send({ error: 'invalid_request', error_description: error.message });
  });
  app.get<{ Params: { secret: string }; Querystring: { resource?: string; client_id?: string } }>(
    '/:secret/metadata/identity/oauth2/token',
    async ({ params, query, headers }, reply) => {
      if (!isSame(params.secret, secret)) return reply.code(404).send({ error: 'not_found' });
      return identity.token({ resource: query.resource, clientId: query.client_id, metadata: headers.metadata });
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
