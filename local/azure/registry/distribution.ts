import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BlobStore } from './blobStore';
import type { BlobUploads } from './blobUploads';
import type { Manifests } from './manifests';
import { blobUnknown, nameUnknown, OciError } from './ociError';
import { pageOfNames } from './pages';
import type { RegistryAuthorization } from './registryAuthorization';
import type { RepositoryCall } from './repositoryCall';
import type { RepositoryStore } from './repositoryStore';

const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const unsupported = () => new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');

/** What stands behind the routes. */
export interface Distribution {
  readonly blobs: BlobStore;
  readonly uploads: BlobUploads;
  readonly manifests: Manifests;
  readonly repositories: RepositoryStore;
  readonly authorization: RegistryAuthorization;
}

interface Call extends RepositoryCall {
  readonly request: FastifyRequest;
}

/** What a path below a repository names. */
interface Target {
  readonly name: string;
  readonly kind: 'uploads' | 'blobs' | 'manifests' | 'referrers' | 'tags';
  readonly reference: string;
}

/** The distribution API, /v2/. Source: OCI distribution specification 1.1 and azure-specs data-plane 2021-07-01. */
export function registerDistribution(
  app: FastifyInstance,
  services: Distribution,
  registryOf: (request: FastifyRequest) => string,
): void {
  const { repositories, authorization } = services;
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path = '', queryText] = request.url.split('?', 2);
    const query = new URLSearchParams(queryText);
    const registry = registryOf(request);
    const header = request.headers.authorization;
    reply.header('docker-distribution-api-version', 'registry/2.0');
    const rest = decodeURIComponent(path.slice('/v2'.length)).replace(/^\//, '');
    if (rest === '') {
      authorization.check(registry, header, { type: 'registry', name: 'catalog', actions: [] });
      return reply.send({});
    }
    if (rest === '_catalog') {
      authorization.check(registry, header, { type: 'registry', name: 'catalog', actions: ['*'] });
      const page = pageOfNames(repositories.list(registry), query, '/v2/_catalog');
      return reply.headers(page.headers).send({ repositories: page.entries });
    }
    const target = targetOf(rest);
    const { name } = target;
    authorization.check(registry, header, { type: 'repository', name, actions: actionsFor(request.method, target) });
    const repository = repositories.repository(registry, name);
    return answer(services, { request, reply, registry, name, repository, query }, target);
  };
  for (const url of ['/v2', '/v2/*']) {
    app.route({ method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], url, exposeHeadRoute: false, handler });
  }
}

function targetOf(path: string): Target {
  const match = /^(.+)\/(?:(blobs\/uploads)(?:\/([^/]*))?|(blobs|manifests|referrers|tags)\/([^/]+))$/.exec(path);
  const [, name = '', uploads, upload = '', kind, reference = ''] = match ?? [];
  if (!match || !namePattern.test(name)) throw new OciError(404, 'NAME_INVALID', 'invalid repository name', { name });
  return uploads ? { name, kind: 'uploads', reference: upload } : { name, kind: kind as Target['kind'], reference };
}

function actionsFor(method: string, { kind }: Target): string[] {
  // Deleting an upload is a part of pushing.
  if (kind === 'uploads') return ['pull', 'push'];
  if (method === 'DELETE') return ['delete'];
  return method === 'GET' || method === 'HEAD' ? ['pull'] : ['pull', 'push'];
}

function answer(services: Distribution, call: Call, { kind, reference }: Target): Promise<FastifyReply> | FastifyReply {
  switch (kind) {
    case 'uploads':
      return call.request.method === 'POST'
        ? answerNewUpload(services.uploads, call)
        : answerUpload(services.uploads, call, reference);
    case 'blobs':
      return answerBlob(services.blobs, call, reference);
    case 'manifests':
      return answerManifest(services.manifests, call, reference);
    case 'referrers':
      return answerReferrers(services.manifests, call, reference);
    case 'tags':
      return answerTags(call, reference);
  }
}

async function answerNewUpload(uploads: BlobUploads, call: Call): Promise<FastifyReply> {
  const { request, reply, registry, repository, query } = call;
  const source = { registry, digest: query.get('mount'), from: query.get('from') };
  const mounted = uploads.mount(repository, source, request.headers.authorization);
  if (mounted) return created(call, mounted);
  const id = uploads.start();
  const digest = query.get('digest');
  if (!digest)
    return reply
      .code(202)
      .headers(progress(call, id, 0))
      .send();
  await uploads.append(id, request.body as Readable | undefined);
  await uploads.finish(repository, id, digest);
  return created(call, digest);
}

async function answerUpload(uploads: BlobUploads, call: Call, id: string): Promise<FastifyReply> {
  const { request, reply, repository, query } = call;
  const append = () => uploads.append(id, request.body as Readable | undefined, request.headers['content-range']);
  switch (request.method) {
    case 'GET':
      return reply.code(204).headers(progress(call, id, uploads.size(id))).send(); // prettier-ignore
    case 'PATCH':
      return reply.code(202).headers(progress(call, id, await append())).send(); // prettier-ignore
    case 'PUT': {
      const digest = query.get('digest') ?? '';
      await append();
      await uploads.finish(repository, id, digest);
      return created(call, digest);
    }
    case 'DELETE':
      await uploads.cancel(id);
      return reply.code(204).send();
    default:
      throw unsupported();
  }
}

const progress = ({ name }: Call, upload: string, size: number) => ({
  location: `/v2/${name}/blobs/uploads/${upload}`,
  'docker-upload-uuid': upload,
  range: `0-${Math.max(0, size - 1)}`,
});

function created({ name, reply }: Call, digest: string, kind: 'blobs' | 'manifests' = 'blobs'): FastifyReply {
  return reply
    .code(201)
    .header('location', `/v2/${name}/${kind}/${digest}`)
    .header('docker-content-digest', digest)
    .send();
}

function answerBlob(blobs: BlobStore, { request, reply, repository }: Call, digest: string): FastifyReply {
  const size = repository.hasBlob(digest) ? blobs.size(digest) : undefined;
  if (size === undefined) throw blobUnknown(digest);
  if (request.method === 'DELETE') {
    repository.removeBlob(digest);
    return reply.code(202).header('docker-content-digest', digest).send();
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported();
  reply
    .header('docker-content-digest', digest)
    .header('etag', `"${digest}"`)
    .header('accept-ranges', 'bytes')
    .type('application/octet-stream');
  if (request.method === 'HEAD') return reply.header('content-length', size).send();
  const range = rangeOf(request.headers.range, size);
  if (!range) return reply.header('content-length', size).send(blobs.read(digest));
  const { start, end } = range;
  return reply
    .code(206)
    .header('content-length', end - start + 1)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .send(blobs.read(digest, range));
}

/** The part of a blob that is asked for; undefined for the whole. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  const end = Math.min(last ? Number(last) : size - 1, size - 1);
  if (start <= end) return { start, end };
  throw new OciError(416, 'RANGE_INVALID', 'invalid content range', null, { 'content-range': `bytes */${size}` });
}

async function answerManifest(manifests: Manifests, call: Call, reference: string): Promise<FastifyReply> {
  const { request, reply, repository } = call;
  if (request.method === 'PUT') {
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0] as string;
    const { digest, subject } = await manifests.put(
      repository,
      reference,
      mediaType,
      request.body as Readable | undefined,
    );
    if (subject) reply.header('oci-subject', subject);
    return created(call, digest, 'manifests');
  }
  if (request.method === 'DELETE') {
    manifests.delete(repository, reference);
    return reply.code(202).send();
  }
  const record = manifests.find(repository, reference);
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported();
  reply
    .header('docker-content-digest', record.digest)
    .header('etag', `"${record.digest}"`)
    .header('content-length', record.size)
    .type(record.mediaType);
  return request.method === 'HEAD' ? reply.send() : reply.send(manifests.read(record));
}

function answerReferrers(manifests: Manifests, { reply, repository, query }: Call, digest: string): FastifyReply {
  const artifactType = query.get('artifactType');
  if (artifactType) reply.header('oci-filters-applied', 'artifactType');
  const index = manifests.referrers(repository, digest, artifactType);
  // As bytes: of a text the server would name the character set, which is not part of the type.
  return reply.type(index.mediaType).send(Buffer.from(JSON.stringify(index)));
}

function answerTags({ reply, repository, name, query }: Call, reference: string): FastifyReply {
  if (reference !== 'list') throw new OciError(404, 'UNSUPPORTED', 'The operation is unsupported.');
  if (!repository.exists()) throw nameUnknown(name);
  const names = repository.listTags().map((tag) => tag.name);
  const page = pageOfNames(names, query, `/v2/${name}/tags/list`);
  return reply.headers(page.headers).send({ name, tags: page.entries });
}
