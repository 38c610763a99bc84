import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { blobUnknown, disallowed, manifestUnknown, nameUnknown, OciError } from './ociError';
import { checkManifest, sizeOf } from './manifestCheck';
import type { BlobStore } from './blobStore';
import type { ManifestRecord, Repository, RepositoryStore } from './repositoryStore';
import type { RegistryAuthorization } from './registryAuthorization';

/** In bytes, as the distribution specification asks registries to accept at least. */
const maxManifestSize = 4 * 1024 * 1024;
const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
  registry: string;
  name: string;
  repository: Repository;
  query: URLSearchParams;
}

/** The distribution API, /v2/. Source: OCI distribution specification 1.1 and azure-specs data-plane 2021-07-01. */
export function registerDistribution(
  app: FastifyInstance,
  blobs: BlobStore,
  repositories: RepositoryStore,
  authorization: RegistryAuthorization,
  registryOf: (request: FastifyRequest) => string,
): void {
  for (const url of ['/v2', '/v2/*']) {
    app.route({
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      exposeHeadRoute: false,
      handler: answer,
    });
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
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
      const page = paginate(repositories.list(registry), query, reply, '/v2/_catalog');
      return reply.send({ repositories: page });
    }
    const match = /^(.+)\/(?:(blobs\/uploads)(?:\/([^/]*))?|(blobs|manifests|referrers|tags)\/([^/]+))$/.exec(rest);
    const [, name = '', uploads, upload, kind, reference = ''] = match ?? [];
    if (!match || !namePattern.test(name)) throw new OciError(404, 'NAME_INVALID', 'invalid repository name', { name });
    const reading = request.method === 'GET' || request.method === 'HEAD';
    const actions = request.method === 'DELETE' ? ['delete'] : reading && !uploads ? ['pull'] : ['pull', 'push'];
    // Deleting an upload is a part of pushing.
    authorization.check(registry, header, {
      type: 'repository',
      name,
      actions: uploads ? ['pull', 'push'] : actions,
    });
    const call: Call = { request, reply, registry, name, query, repository: repositories.repository(registry, name) };
    switch (uploads ?? kind) {
      case 'blobs/uploads':
        return answerUpload(call, upload ?? '');
      case 'blobs':
        return answerBlob(call, reference);
      case 'manifests':
        return answerManifest(call, reference);
      case 'referrers':
        return answerReferrers(call, reference);
      default:
        if (reference !== 'list') throw new OciError(404, 'UNSUPPORTED', 'The operation is unsupported.');
        if (!call.repository.exists()) throw nameUnknown(name);
        return reply.send({
          name,
          tags: paginate(
            call.repository.listTags().map((tag) => tag.name),
            query,
            reply,
            `/v2/${name}/tags/list`,
          ),
        });
    }
  }

  async function answerUpload(
    { request, reply, name, registry, repository, query }: Call,
    id: string,
  ): Promise<FastifyReply> {
    const location = (upload: string): string => `/v2/${name}/blobs/uploads/${upload}`;
    const content = request.body as Readable | undefined;
    const progress = (upload: string, size: number): FastifyReply =>
      reply
        .header('location', location(upload))
        .header('docker-upload-uuid', upload)
        .header('range', `0-${Math.max(0, size - 1)}`);
    const finish = async (upload: string, digest: string): Promise<FastifyReply> => {
      await blobs.finish(upload, digest);
      repository.addBlob(digest);
      return reply
        .code(201)
        .header('location', `/v2/${name}/blobs/${digest}`)
        .header('docker-content-digest', digest)
        .send();
    };
    if (request.method === 'POST') {
      const mount = query.get('mount');
      const from = query.get('from');
      const isThere = mount && from && blobs.size(mount) !== undefined && repositories.repository(registry, from).hasBlob(mount); // prettier-ignore
      const source = { type: 'repository', name: from ?? '', actions: ['pull'] };
      // Whoever may not read the source uploads the blob, as if it were not there.
      if (isThere && authorization.allows(registry, request.headers.authorization, source)) {
        repository.addBlob(mount);
        return reply
          .code(201)
          .header('location', `/v2/${name}/blobs/${mount}`)
          .header('docker-content-digest', mount)
          .send();
      }
      const upload = blobs.startUpload();
      const digest = query.get('digest');
      if (!digest) return progress(upload, 0).code(202).send();
      if (content) await blobs.append(upload, content);
      return finish(upload, digest);
    }
    switch (request.method) {
      case 'GET':
        return progress(id, blobs.uploadSize(id)).code(204).send();
      case 'PATCH':
      case 'PUT': {
        const start = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1];
        if (start !== undefined && Number(start) !== blobs.uploadSize(id)) {
          throw new OciError(416, 'BLOB_UPLOAD_INVALID', 'blob upload invalid: the range does not continue the upload');
        }
        const size = content ? await blobs.append(id, content) : blobs.uploadSize(id);
        if (request.method === 'PATCH') return progress(id, size).code(202).send();
        return finish(id, query.get('digest') ?? '');
      }
      case 'DELETE':
        await blobs.cancel(id);
        return reply.code(204).send();
      default:
        throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');
    }
  }

  async function answerBlob({ request, reply, repository }: Call, digest: string): Promise<FastifyReply> {
    const size = repository.hasBlob(digest) ? blobs.size(digest) : undefined;
    if (size === undefined) throw blobUnknown(digest);
    if (request.method === 'DELETE') {
      repository.removeBlob(digest);
      return reply.code(202).header('docker-content-digest', digest).send();
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');
    }
    reply
      .header('docker-content-digest', digest)
      .header('etag', `"${digest}"`)
      .header('accept-ranges', 'bytes')
      .type('application/octet-stream');
    if (request.method === 'HEAD') return reply.header('content-length', size).send();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (!range) return reply.header('content-length', size).send(blobs.read(digest));
    const start = Number(range[1]);
    const end = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
    if (start > end) {
      throw new OciError(416, 'RANGE_INVALID', 'invalid content range', null, { 'content-range': `bytes */${size}` });
    }
    return reply
      .code(206)
      .header('content-length', end - start + 1)
      .header('content-range', `bytes ${start}-${end}/${size}`)
      .send(blobs.read(digest, { start, end }));
  }

  async function answerManifest(call: Call, reference: string): Promise<FastifyReply> {
    const { request, reply, repository } = call;
    const byDigest = reference.startsWith('sha256:');
    if (!byDigest && !tagPattern.test(reference))
      throw new OciError(400, 'TAG_INVALID', 'manifest tag did not match', { reference });
    if (request.method === 'PUT') return putManifest(call, reference);
    const digest = byDigest ? reference : repository.tag(reference)?.digest;
    const record = digest ? repository.manifest(digest) : undefined;
    if (!digest || !record) throw manifestUnknown(reference);
    switch (request.method) {
      case 'DELETE':
        if (!repository.allows('deleteEnabled', byDigest ? '_manifests' : '_tags', reference)) throw disallowed();
        if (byDigest) repository.deleteManifest(digest);
        else repository.deleteTag(reference);
        return reply.code(202).send();
      case 'GET':
      case 'HEAD':
        reply
          .header('docker-content-digest', digest)
          .header('etag', `"${digest}"`)
          .header('content-length', record.size)
          .type(record.mediaType);
        return request.method === 'HEAD' ? reply.send() : reply.send(blobs.read(digest));
      default:
        throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.');
    }
  }

  async function putManifest({ request, reply, repository, name }: Call, reference: string): Promise<FastifyReply> {
    const content = await readAll(request.body as Readable | undefined, maxManifestSize);
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0] as string;
    const manifest = checkManifest(content, mediaType, {
      blob: (digest) => repository.hasBlob(digest),
      manifest: (digest) => repository.manifest(digest) !== undefined,
    });
    if (!repository.allows('writeEnabled', '_tags', reference)) throw disallowed();
    const digest = await blobs.put(content);
    const byDigest = reference.startsWith('sha256:');
    if (byDigest && reference !== digest) {
      throw new OciError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { digest });
    }
    if (!repository.manifest(digest)) {
      const record: ManifestRecord = {
        digest,
        mediaType,
        size: content.length,
        imageSize: sizeOf(manifest) + content.length,
        createdTime: new Date().toISOString(),
        ...(await platformOf(manifest.config?.digest, repository)),
        configMediaType: manifest.config?.mediaType,
        subject: manifest.subject?.digest,
        artifactType: manifest.artifactType ?? (manifest.subject ? manifest.config?.mediaType : undefined),
        annotations: manifest.annotations,
      };
      repository.putManifest(record);
    }
    if (!byDigest) repository.putTag(reference, digest);
    if (manifest.subject?.digest) reply.header('oci-subject', manifest.subject.digest);
    return reply
      .code(201)
      .header('location', `/v2/${name}/manifests/${digest}`)
      .header('docker-content-digest', digest)
      .send();
  }

  async function platformOf(
    config: string | undefined,
    repository: Repository,
  ): Promise<{ architecture?: string; os?: string }> {
    if (!config || !repository.hasBlob(config)) return {};
    try {
      const { architecture, os } = JSON.parse(
        (await readAll(blobs.read(config), maxManifestSize)).toString(),
      ) as ManifestRecord;
      return { architecture, os };
    } catch {
      return {};
    }
  }

  async function answerReferrers({ reply, repository, query }: Call, digest: string): Promise<FastifyReply> {
    const artifactType = query.get('artifactType');
    const manifests = repository
      .listManifests()
      .filter((record) => record.subject === digest && (!artifactType || record.artifactType === artifactType))
      .map(({ mediaType, digest, size, artifactType, annotations }) => ({
        mediaType,
        digest,
        size,
        artifactType,
        annotations,
      }));
    if (artifactType) reply.header('oci-filters-applied', 'artifactType');
    const type = 'application/vnd.oci.image.index.v1+json';
    // As bytes: of a text the server would name the character set, which is not part of the type.
    return reply.type(type).send(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests })));
  }
}

/** One page of sorted names by `n` and `last`, with the link to the next one. */
export function paginate(names: string[], query: URLSearchParams, reply: FastifyReply, path: string): string[] {
  const last = query.get('last');
  const after = last === null ? names : names.filter((name) => name > last);
  const limit = pageSize(query);
  if (after.length <= limit) return after;
  const page = after.slice(0, limit);
  reply.header('link', `<${path}?n=${limit}&last=${encodeURIComponent(page.at(-1) as string)}>; rel="next"`);
  return page;
}

/** How many entries a list may have at most: infinitely many unless told. */
export function pageSize(query: URLSearchParams): number {
  const n = query.get('n');
  if (n === null) return Infinity;
  if (/^\d+$/.test(n)) return Number(n);
  throw new OciError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
}

async function readAll(stream: Readable | undefined, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new OciError(413, 'SIZE_INVALID', `the manifest is larger than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
