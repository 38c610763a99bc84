import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OciError } from './ociError';
import { pageOfNames } from './pages';
import type { RegistryAuthorization } from './registryAuthorization';
import type { RepositoryMetadata } from './repositoryMetadata';
import type { RepositoryCall } from './repositoryCall';

interface Call extends RepositoryCall {
  readonly kind?: string;
  readonly reference?: string;
}

/** ACR's own data plane beside the distribution API, /acr/v1/. Source: azure-specs data-plane 2021-07-01. */
export function registerAcrDataPlane(
  app: FastifyInstance,
  metadata: RepositoryMetadata,
  authorization: RegistryAuthorization,
  registryOf: (request: FastifyRequest) => string,
): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path = '', queryText] = request.url.split('?', 2);
    const query = new URLSearchParams(queryText);
    const registry = registryOf(request);
    const header = request.headers.authorization;
    const rest = decodeURIComponent(path.slice('/acr/v1/'.length));
    if (rest === '_catalog' && request.method === 'GET') {
      authorization.check(registry, header, { type: 'registry', name: 'catalog', actions: ['*'] });
      const page = pageOfNames(metadata.list(registry), query, '/acr/v1/_catalog');
      return reply.headers(page.headers).send({ repositories: page.entries });
    }
    const [, name = '', kind, reference] = /^(.+?)(?:\/(_tags|_manifests)(?:\/([^/]+))?)?$/.exec(rest) ?? [];
    const action = { GET: 'metadata_read', PATCH: 'metadata_write' }[request.method] ?? 'delete';
    authorization.check(registry, header, { type: 'repository', name, actions: [action] });
    const repository = metadata.find(registry, name);
    const call: Call = { reply, registry, name, repository, query, kind, reference };
    if (request.method === 'DELETE') return answerDeletion(metadata, call);
    if (request.method === 'PATCH') metadata.setAttributes(repository, kind, reference, request.body);
    return answer(metadata, call);
  };
  app.route({ method: ['GET', 'DELETE', 'PATCH'], url: '/acr/v1/*', exposeHeadRoute: false, handler });
}

function answer(
  metadata: RepositoryMetadata,
  { reply, registry, name, repository, query, kind, reference }: Call,
): FastifyReply {
  const head = metadata.head(registry, name);
  const path = `/acr/v1/${name}/${kind}`;
  switch (kind) {
    case '_tags': {
      if (reference) return reply.send({ ...head, tag: metadata.tag(repository, reference) });
      const { headers, tags } = metadata.tags(repository, query, path);
      return reply.headers(headers).send({ ...head, tags });
    }
    case '_manifests': {
      if (reference) return reply.send({ ...head, manifest: metadata.manifest(repository, reference) });
      const { headers, manifests } = metadata.manifests(repository, query, path);
      return reply.headers(headers).send({ ...head, manifests });
    }
    default:
      return reply.send({ ...head, ...metadata.properties(repository) });
  }
}

function answerDeletion(metadata: RepositoryMetadata, { reply, repository, kind, reference }: Call): FastifyReply {
  if (!kind) return reply.code(202).send(metadata.delete(repository));
  if (kind !== '_tags' || !reference) throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');
  metadata.deleteTag(repository, reference);
  return reply.code(202).send();
}
