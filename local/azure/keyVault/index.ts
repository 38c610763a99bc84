import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { vaultUrl } from '../arm/keyVaults';
import { localCloud, type LocalAzureContext } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { VaultError } from './vaultError';
import { VaultGate } from './vaultGate';
import { VaultKeys, type KeyParameters, type SignParameters, type VaultKeyVersion } from './vaultKeys';

type Params = { name: string; version?: string };

/** The keys in the vaults of the local cloud: /keys at the host <vault>.vault.localhost. */
export function registerKeyVaultKeys(app: FastifyInstance, context: LocalAzureContext, tokens: TokenIssuer): void {
  const keys = new VaultKeys(context.collection<VaultKeyVersion[]>('vaultKeys'), (vault) =>
    vaultUrl(vault, context.port),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof VaultError)) return reply.send(error);
    return reply.code(error.status).headers(error.headers).send(error.body());
  });

  const gate = new VaultGate(context, tokens);
  const enter = (request: FastifyRequest, action: string, right: string): string => {
    const { name } = request.params as Partial<Params>;
    return gate.enter(request, { name, action, right });
  };

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'x-ms-keyvault-region': localCloud.location, 'x-ms-request-id': randomUUID() });
  });
  app.post<{ Params: Params; Body: KeyParameters | undefined }>('/keys/:name/create', async (request) =>
    keys.create(enter(request, 'create/action', 'create'), request.params.name, request.body ?? {}),
  );
  app.get('/keys', async (request) => ({ value: keys.list(enter(request, 'read', 'list')), nextLink: null }));
  app.get<{ Params: Params }>('/keys/:name/versions', async (request) => ({
    value: keys.versions(enter(request, 'read', 'list'), request.params.name),
    nextLink: null,
  }));
  // Without a version it is the newest one that is meant.
  for (const path of ['/keys/:name', '/keys/:name/:version']) {
    app.get<{ Params: Params }>(path, async (request) =>
      keys.get(enter(request, 'read', 'get'), request.params.name, request.params.version),
    );
    app.patch<{ Params: Params; Body: KeyParameters | undefined }>(path, async (request) => {
      const { name, version } = request.params;
      return keys.update(enter(request, 'update/action', 'update'), name, version, request.body ?? {});
    });
    app.post<{ Params: Params; Body: SignParameters | undefined }>(`${path}/sign`, async (request) => {
      const { name, version } = request.params;
      return keys.sign(enter(request, 'sign/action', 'sign'), name, version, request.body ?? {});
    });
    app.post<{ Params: Params; Body: SignParameters | undefined }>(`${path}/verify`, async (request) => {
      const { name, version } = request.params;
      return keys.verify(enter(request, 'verify/action', 'verify'), name, version, request.body ?? {});
    });
  }
}
