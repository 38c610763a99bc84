import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { disallowed, manifestUnknown, nameUnknown, OciError } from './ociError';
import { pageSize, paginate } from './distribution';
import { loginServer } from './registryAccounts';
import type { RegistryAuthorization } from './registryAuthorization';
import type { ManifestRecord, Repository, RepositoryStore, TagRecord } from './repositoryStore';

/** ACR's own data plane beside the distribution API, /acr/v1/. Source: azure-specs data-plane 2021-07-01. */
export function registerAcrDataPlane(
  app: FastifyInstance,
  repositories: RepositoryStore,
  authorization: RegistryAuthorization,
  registryOf: (request: FastifyRequest) => string,
  port: number,
): void {
  app.route({ method: ['GET', 'DELETE', 'PATCH'], url: '/acr/v1/*', exposeHeadRoute: false, handler: answer });

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
      actions: [{ GET: 'metadata_read', PATCH: 'metadata_write' }[request.method] ?? 'delete'],
    });
    const repository = repositories.repository(registry, name);
    if (!repository.exists()) throw nameUnknown(name);
    const head = { registry: loginServer(registry, port), imageName: name };
    if (request.method === 'PATCH') setAttributes(repository, kind, reference, request.body);
    if (request.method === 'DELETE') return remove(repository, kind, reference, reply);
    switch (kind) {
      case '_tags': {
        if (reference) {
          const tag = repository.tag(reference);
          if (!tag) throw manifestUnknown(reference);
          return reply.send({ ...head, tag: tagAttributes(tag, repository) });
        }
        const digest = query.get('digest');
        const tags = repository.listTags().filter((tag) => !digest || tag.digest === digest);
        const entries = tags.map((tag) => ({ key: tag.name, time: tag.lastUpdateTime, entry: tag }));
        const page = pageInOrder(entries, query, reply, `/acr/v1/${name}/_tags`);
        return reply.send({ ...head, tags: page.map((tag) => tagAttributes(tag, repository)) });
      }
      case '_manifests': {
        const attributes = (record: ManifestRecord) => manifestAttributes(record, repository);
        if (reference) {
          const record = repository.manifest(reference);
          if (!record) throw manifestUnknown(reference);
          return reply.send({ ...head, manifest: attributes(record) });
        }
        const manifests = repository.listManifests();
        const entries = manifests.map((entry) => ({ key: entry.digest, time: entry.createdTime, entry }));
        const page = pageInOrder(entries, query, reply, `/acr/v1/${name}/_manifests`);
        return reply.send({ ...head, manifests: page.map(attributes) });
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
          changeableAttributes: repository.attributes(),
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
    if (!repository.allows('deleteEnabled', kind, reference)) throw disallowed();
    if (kind === '_tags' && reference) {
      if (!repository.allows('writeEnabled', kind, reference)) throw disallowed();
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

/** Locks or unlocks what is there, by the attributes of the body. */
function setAttributes(repository: Repository, kind = '', reference = '', body: unknown): void {
  const known = kind === '_tags' ? repository.tag(reference) : repository.manifest(reference);
  if (kind && !known) throw manifestUnknown(reference);
  const given = Object.entries((body ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null);
  const isAttribute = ([name, value]: [string, unknown]) => /^(delete|write|read|list)Enabled$/.test(name) && typeof value === 'boolean'; // prettier-ignore
  if (!given.every(isAttribute)) throw new OciError(400, 'UNSUPPORTED', 'The attributes are not valid.');
  repository.setAttributes(kind, reference, Object.fromEntries(given));
}

/** One page by `n` and `last`, in the order that is asked for: by name unless told. */
function pageInOrder<T>(
  entries: Array<{ key: string; time: string; entry: T }>,
  query: URLSearchParams,
  reply: FastifyReply,
  path: string,
): T[] {
  const order = query.get('orderby') ?? '';
  if (!/^(none|timeasc|timedesc)?$/.test(order)) {
    throw new OciError(400, 'UNSUPPORTED', `The order '${order}' is not one of none, timeasc and timedesc.`);
  }
  const by = (field: 'key' | 'time') => (a: (typeof entries)[number], b: (typeof entries)[number]) => (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0); // prettier-ignore
  const sorted = [...entries].sort(order.startsWith('time') ? by('time') : by('key'));
  if (order === 'timedesc') sorted.reverse();
  const last = query.get('last');
  const rest = sorted.slice(last === null ? 0 : sorted.findIndex(({ key }) => key === last) + 1);
  const limit = pageSize(query);
  const page = rest.slice(0, limit);
  if (page.length < rest.length) {
    const next = new URLSearchParams({ n: String(limit), last: page.at(-1)?.key ?? '', ...(order && { orderby: order }) }); // prettier-ignore
    reply.header('link', `<${path}?${next}>; rel="next"`);
  }
  return page.map(({ entry }) => entry);
}

const tagAttributes = (tag: TagRecord, repository: Repository) => ({
  ...tag,
  signed: false,
  changeableAttributes: repository.attributes('_tags', tag.name),
});

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
  changeableAttributes: repository.attributes('_manifests', record.digest),
});
