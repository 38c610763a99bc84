import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { localCloud, type LocalAzureContext } from '../context';
import type { LocalCredentials } from '../entra/credentials';
import { registerAcrDataPlane } from './acrDataPlane';
import { BlobStore } from './blobStore';
import { BlobUploads } from './blobUploads';
import { registerDistribution } from './distribution';
import { Manifests } from './manifests';
import { OciError } from './ociError';
import { openRegistryAccounts, registryOfHost } from './registryAccounts';
import { isSame, RegistryAuthorization } from './registryAuthorization';
import { RegistryTokens } from './registryTokens';
import { RepositoryMetadata } from './repositoryMetadata';
import { RepositoryStore } from './repositoryStore';
import { TokenExchange } from './tokenExchange';
import { registerTokenExchange } from './tokenRoutes';

/** The OCI registries of the local cloud: /v2/, /oauth2/ and /acr/ at the host <registry>.azurecr.localhost. */
export function registerOciRegistry(
  app: FastifyInstance,
  context: LocalAzureContext,
  credentials: LocalCredentials,
): void {
  const directory = join(context.stateDir, 'registry');
  const blobs = new BlobStore(directory);
  const repositories = new RepositoryStore(directory);
  const accounts = openRegistryAccounts(context);
  const tokens = new RegistryTokens(context);
  const authorization = new RegistryAuthorization(
    context,
    accounts,
    tokens,
    (id, secret) => id.toLowerCase() === localCloud.clientId && isSame(secret, credentials.clientSecret),
  );
  const registryOf = (request: FastifyRequest): string => {
    const registry = registryOfHost(request.headers.host ?? '');
    if (registry && accounts.get(registry)) return registry;
    throw new OciError(404, 'NAME_UNKNOWN', `there is no registry at ${request.headers.host ?? 'this host'}`);
  };

  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof OciError)) return reply.send(error);
      return reply.code(error.status).headers(error.headers).send(error.body());
    });
    registerTokenExchange(scope, new TokenExchange(context, authorization, tokens, accounts), registryOf);
    registerAcrDataPlane(scope, new RepositoryMetadata(repositories, context.port), authorization, registryOf);
    scope.register(async (raw) => {
      // Layers are streamed to disk, and a manifest's digest is over its very bytes.
      raw.removeAllContentTypeParsers();
      raw.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      const uploads = new BlobUploads(blobs, repositories, authorization);
      const manifests = new Manifests(blobs);
      registerDistribution(raw, { blobs, uploads, manifests, repositories, authorization }, registryOf);
    });
  });
}
