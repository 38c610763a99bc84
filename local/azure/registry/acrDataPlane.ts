import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { manifestUnknown, nameUnknown, OciError } from './ociError';
import { paginate } from './distribution';
import { loginServer } from './registryAccounts';
import type { RegistryAuthorization } from './registryAuthorization';
import type { ManifestRecord, Repository, RepositoryStore, TagRecord } from './repositoryStore';

const changeableAttributes = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };

/** ACR's own data plane beside the distribution API, /acr/v1/. Source: azure-specs data-plane 2021-07-01. */
export function registerAcrDataPlane(
  app: FastifyInstance,
  repositories: RepositoryStore,
  authorization: RegistryAuthorization,
  registryOf: (request: FastifyRequest) => string,
  port: number,
): void {
  app.route({ method: ['GET', 'DELETE'], url: '/acr/v1/*', exposeHeadRoute: false, handler: answer });

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [path = '', queryText] = request.url.split('?', 2);
    const query = new URLSearchParams(queryText);
    const registry = registryOf(request);
    const rest = decodeURIComponent(path.slice('/acr/v1/'.length));
    if (rest === '_catalog' && request.method === 'GET') {
      authorization.check(registry, request.headers.authorization, {
        type: 'registry',
        name: 'catalog',
        actions: ['*'],
      });
      return reply.send({ repositories: paginate(repositories.list(registry), query, reply, '/acr/v1/_catalog') });
    }
    const [, name = '', kind, reference] = /^(.+?)(?:\/(_tags|_manifests)(?:\/([^/]+))?)?$/.exec(rest) ?? [];
    authorization.check(registry, request.headers.authorization, {
      type: 'repository',
      name,
      actions: [request.method === 'GET' ? 'metadata_read' : 'delete'],
    });
    const repository = repositories.repository(registry, name);
    if (!repository.exists()) throw nameUnknown(name);
    const head = { registry: loginServer(registry, port), imageName: name };
    if (request.method === 'DELETE') return remove(repository, kind, reference, reply);
    switch (kind) {
      case '_tags': {
        if (reference) {
          const tag = repository.tag(reference);
          if (!tag) throw manifestUnknown(reference);
          return reply.send({ ...head, tag: tagAttributes(tag) });
        }
        const digest = query.get('digest');
        const tags = repository.listTags().filter((tag) => !digest || tag.digest === digest);
        const page = paginate(
          tags.map((tag) => tag.name),
          query,
          reply,
          `/acr/v1/${name}/_tags`,
        );
        return reply.send({ ...head, tags: tags.filter((tag) => page.includes(tag.name)).map(tagAttributes) });
      }
      case '_manifests': {
        const attributes = (record: ManifestRecord) => manifestAttributes(record, repository);
        if (reference) {
          const record = repository.manifest(reference);
          if (!record) throw manifestUnknown(reference);
          return reply.send({ ...head, manifest: attributes(record) });
        }
        return reply.send({ ...head, manifests: repository.listManifests().map(attributes) });
      }
      default: {
        const manifests = repository.listManifests();
        const tags = repository.listTags();
        const times = manifests.map((record) => record.createdTime).sort();
        return reply.send({
          ...head,
          createdTime: times[0] ?? new Date(0).toISOString(),
          lastUpdateTime: times.at(-1) ?? new Date(0).toISOString(),
          manifestCount: manifests.length,
          tagCount: tags.length,
          changeableAttributes,
        });
      }
    }
  }

  function remove(
    repository: Repository,
    kind: string | undefined,
    reference: string | undefined,
    reply: FastifyReply,
  ): FastifyReply {
    if (kind === '_tags' && reference) {
      if (!repository.deleteTag(reference)) throw manifestUnknown(reference);
      return reply.code(202).send();
    }
    if (kind) throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');
    const manifestsDeleted = repository.listManifests().map((record) => record.digest);
    const tagsDeleted = repository.listTags().map((tag) => tag.name);
    repository.delete();
    return reply.code(202).send({ manifestsDeleted, tagsDeleted });
  }
}

const tagAttributes = (tag: TagRecord) => ({ ...tag, signed: false, changeableAttributes });

const manifestAttributes = (record: ManifestRecord, repository: Repository) => ({
  digest: record.digest,
  imageSize: record.imageSize,
  createdTime: record.createdTime,
  lastUpdateTime: record.createdTime,
  architecture: record.architecture,
  os: record.os,
  mediaType: record.mediaType,
  configMediaType: record.configMediaType,
  tags: repository
    .listTags()
    .filter((tag) => tag.digest === record.digest)
    .map((tag) => tag.name),
  changeableAttributes,
});
