import { createHash } from 'node:crypto';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { streamedAnswer } from '../http/streamedAnswer';
import type { ImageName } from '../../imageName';
import { TaskFailure } from '../../taskFailure';
import type { AzureSession } from '../http/session';
import type { Secret } from '../../secret';
import { RegistryAuthorization, type RegistrySignIn } from './registryAuthorization';
import { readJson, refusal, RegistryRequests } from './registryRequests';

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image's manifest as it stands in the registry; an index of several images has neither config nor layers. */
export interface Manifest {
  readonly mediaType: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest that is about another one, its subject. Source: OCI image specification 1.1, "Guidelines for Artifact Usage". */
export interface ReferringManifest extends Required<Manifest> {
  readonly schemaVersion: 2;
  readonly artifactType: string;
  readonly subject: Descriptor;
}

/** What is about a manifest, as its registry lists it. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const indexType = 'application/vnd.oci.image.index.v1+json';

/** How often a blob may break off before it is whole. */
const mostBreaks = 3;

/** More than any blob has that is read whole. Bytes. */
const mostBytes = 64 * 1024 * 1024;

/** A list of referrers that is longer does not end. */
const mostPages = 200;

/** More is attached to an image than is read, which says nothing against what is not. */
export class TooMuchAttached extends TaskFailure {}

/** A blob is larger than whoever reads it has room for. */
export class TooLargeBlob extends TaskFailure {}

interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly repository: string;
  readonly actions: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

/**
 * What a registry holds: manifests, tags and blobs.
 * Source: OCI distribution specification 1.1.
 */
export class RegistryContents {
  private readonly requests: RegistryRequests;
  private readonly authorization: RegistryAuthorization;

  /**
   * @param host of the registry, with its port where it has one
   * @param timeout milliseconds that one request may take
   */
  constructor(
    session: AzureSession,
    private readonly host: string,
    readonly signIn: RegistrySignIn,
    private readonly timeout = 30_000,
  ) {
    this.requests = new RegistryRequests(session, host, timeout);
    this.authorization = new RegistryAuthorization(session, host, signIn, this.requests);
  }

  /**
   * @param reference a tag or a digest
   * @returns undefined where there is no such image
   * @throws AzureFailure where the registry refuses or cannot be reached
   */
  async digest(repository: string, reference: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `${repository}/manifests/${reference}`;
    const headers = { accept: manifestTypes };
    let response = await this.send({ method: 'HEAD', path, repository, actions: 'pull', headers, signal }, [403, 404]);
    // An answer to HEAD has no words that say why.
    if (response.status === 403) response = await this.readManifest(repository, reference, signal);
    return response.status === 404 ? undefined : response.headers.get('docker-content-digest');
  }

  async manifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const response = await this.readManifest(repository, reference, signal);
    const manifest = readJson<Manifest>(response.bodyAsText, `GET https://${this.host}/v2/${repository}/manifests`);
    // Its own field is optional in OCI's form; what the registry calls it always holds.
    return { ...manifest, mediaType: response.headers.get('content-type') ?? manifest.mediaType };
  }

  /** How another manifest names this one. */
  async manifestDescriptor(repository: string, digest: string, signal: AbortSignal): Promise<Descriptor> {
    const { headers, bodyAsText } = await this.readManifest(repository, digest, signal);
    return { mediaType: headers.get('content-type') ?? '', digest, size: Buffer.byteLength(bodyAsText ?? '') };
  }

  /**
   * Adds a manifest, whose blobs the repository holds already.
   * @returns its digest
   */
  async addManifest(repository: string, manifest: Manifest, signal: AbortSignal): Promise<string> {
    const body = Buffer.from(JSON.stringify(manifest));
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    await this.putManifest(repository, digest, manifest.mediaType, body, signal);
    return digest;
  }

  /** Gives an image that is there a further tag. */
  async tag(repository: string, digest: string, tag: string, signal: AbortSignal): Promise<void> {
    const { headers, bodyAsText } = await this.readManifest(repository, digest, signal);
    await this.putManifest(repository, tag, headers.get('content-type') ?? '', Buffer.from(bodyAsText ?? ''), signal);
  }

  /**
   * Reads a blob whole: for small ones only.
   * @throws TooLargeBlob where it has more bytes than that, whatever a manifest says of it
   */
  async blob(repository: string, digest: string, signal: AbortSignal, most = mostBytes): Promise<Buffer> {
    for (let breaks = 0; ;) {
      const response = await this.openBlob(repository, digest, signal);
      try {
        const parts: Buffer[] = [];
        let size = 0;
        for await (const part of streamedAnswer(response, this.timeout)) {
          size += part.length;
          if (size > most) throw new TooLargeBlob(`${this.host}/${repository}@${digest} has more than ${most} bytes.`);
          parts.push(part);
        }
        return Buffer.concat(parts);
      } catch (error) {
        if (error instanceof TooLargeBlob) throw error;
        // Bytes are not text, which the client would have read whole and asked for again where it was cut.
        if (signal.aborted) throw signal.reason;
        if (++breaks > mostBreaks) throw this.requests.unreachable(error);
      }
    }
  }

  /** Adds a blob, for small ones only. */
  async addBlob(repository: string, content: Buffer, signal: AbortSignal): Promise<Descriptor> {
    const mediaType = 'application/octet-stream';
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const added = { mediaType, digest, size: content.length };
    const push = { repository, actions: 'pull,push', signal };
    const isThere = async () =>
      (await this.send({ ...push, method: 'HEAD', path: `${repository}/blobs/${digest}` }, [404])).status === 200;
    if (await isThere()) return added;
    const begun = await this.send({ ...push, method: 'POST', path: `${repository}/blobs/uploads/` });
    const base = `https://${this.host}/v2/`;
    const place = new URL(begun.headers.get('location') ?? '', base);
    place.searchParams.set('digest', digest);
    if (!place.href.startsWith(base)) {
      throw new TaskFailure(`The registry ${this.host} wants a blob sent to ${place.origin}, which is not itself.`);
    }
    const path = place.href.slice(base.length);
    const response = await this.send({ ...push, method: 'PUT', path, headers: { 'content-type': mediaType }, body: content }, [404]); // prettier-ignore
    // Sent a second time because the answer to the first was lost, it finds no upload any more.
    if (response.status === 404 && !(await isThere())) throw refusal(response, `PUT ${base}${path}`);
    return added;
  }

  /**
   * Adds what is about another manifest. A registry that does not list it by itself has the list kept under a tag.
   * @returns its digest
   */
  async addReferrer(repository: string, manifest: ReferringManifest, signal: AbortSignal): Promise<string> {
    const body = Buffer.from(JSON.stringify(manifest));
    const { mediaType, artifactType, annotations, subject } = manifest;
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const { headers } = await this.putManifest(repository, digest, mediaType, body, signal);
    if (headers.get('oci-subject')) return digest;
    const listed = await this.taggedReferrers(repository, subject.digest, signal);
    const manifests = [...listed, { mediaType, digest, size: body.length, artifactType, annotations }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
    await this.putManifest(repository, referrersTag(subject.digest), indexType, index, signal);
    return digest;
  }

  /** What is about a manifest. Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema". */
  async referrers(
    repository: string,
    digest: string,
    artifactType: string,
    signal: AbortSignal,
  ): Promise<readonly Referrer[]> {
    const found: Referrer[] = [];
    const base = `https://${this.host}/v2/`;
    let path: string | undefined = `${repository}/referrers/${digest}?artifactType=${encodeURIComponent(artifactType)}`;
    for (let page = 1; path; page++) {
      if (page > mostPages) {
        throw new TooMuchAttached(
          `The list of what is attached to ${this.host}/${repository}@${digest} has more than ${mostPages} pages.`,
          'Delete from the registry what should not be attached to the image.',
        );
      }
      const asked: string = path;
      const response = await this.send({ method: 'GET', path, repository, actions: 'pull', headers: { accept: indexType }, signal }, [404]); // prettier-ignore
      if (response.status === 404) found.push(...(await this.taggedReferrers(repository, digest, signal)));
      else found.push(...readIndex(response.bodyAsText, `GET ${base}${asked}`));
      const [, next] = /<([^>]+)>;\s*rel="?next/i.exec(response.headers.get('link') ?? '') ?? [];
      const url: URL | undefined = next ? new URL(next, `${base}${asked}`) : undefined;
      path = url?.href.startsWith(base) ? url.href.slice(base.length) : undefined;
    }
    return found.filter((each) => each.artifactType === artifactType);
  }

  private async taggedReferrers(repository: string, digest: string, signal: AbortSignal): Promise<readonly Referrer[]> {
    const path = `${repository}/manifests/${referrersTag(digest)}`;
    const headers = { accept: indexType };
    const response = await this.send({ method: 'GET', path, repository, actions: 'pull', headers, signal }, [404]);
    return response.status === 404 ? [] : readIndex(response.bodyAsText, `GET https://${this.host}/v2/${path}`);
  }

  private async openBlob(repository: string, digest: string, signal: AbortSignal): Promise<PipelineResponse> {
    const path = `${repository}/blobs/${digest}`;
    const response = await this.send(
      { method: 'GET', path, repository, actions: 'pull', signal },
      [301, 302, 303, 307, 308],
    );
    const location = response.headers.get('location');
    // Azure sends on to storage, by a URL that carries its own permission and must not see ours.
    if (response.status < 300 || !location) return response;
    return this.requests.send(new URL(location, `https://${this.host}`).toString(), { method: 'GET', signal });
  }

  /** As whom a container engine signs in to this registry of Azure: as the service connection, for some hours. */
  engineLogin(signal: AbortSignal): Promise<{ userName: string; password: Secret }> {
    return this.authorization.engineLogin(signal);
  }

  private readManifest(repository: string, reference: string, signal: AbortSignal): Promise<PipelineResponse> {
    const path = `${repository}/manifests/${reference}`;
    return this.send({ method: 'GET', path, repository, actions: 'pull', headers: { accept: manifestTypes }, signal });
  }

  /** @param reference a tag, or the digest of these bytes */
  private async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<PipelineResponse> {
    return this.send({
      method: 'PUT',
      path: `${repository}/manifests/${reference}`,
      repository,
      actions: 'pull,push',
      headers: { 'content-type': mediaType },
      body,
      signal,
    });
  }

  /** Sends with the token of that repository; a registry that wants another one says so, and is asked once more. */
  private async send(call: Call, accept: readonly number[] = []): Promise<PipelineResponse> {
    const url = `https://${this.host}/v2/${call.path}`;
    const scope = `repository:${call.repository}:${call.actions}`;
    const withToken = () => {
      const authorization = this.authorization.header(scope);
      return this.requests.send(url, {
        ...call,
        headers: { ...call.headers, ...(authorization ? { authorization } : {}) },
      });
    };
    let response = await withToken();
    if (response.status === 401) {
      const challenge = response.headers.get('www-authenticate') ?? '';
      await this.authorization.renew(challenge, scope, call.signal);
      response = await withToken();
    }
    if ((response.status >= 200 && response.status < 300) || accept.includes(response.status)) return response;
    throw refusal(response, `${call.method} ${url}`);
  }
}

function readIndex(body: string | null | undefined, asked: string): readonly Referrer[] {
  const { manifests } = readJson<{ manifests?: unknown }>(body, asked);
  // Under a tag, anybody may write it who may push.
  return Array.isArray(manifests) ? manifests.filter(isReferrer) : [];
}

const isReferrer = (value: unknown): value is Referrer => isDigest((value as Partial<Referrer> | null)?.digest);

/** Part of a path: nothing else may stand there. */
export const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(value);

/** sha256-<hex>. */
const referrersTag = (digest: string): string => digest.replace(':', '-');

/** The name by which an image's registry is reached; Docker Hub's own differs from the one in names. */
export function registryHost({ registry }: Pick<ImageName, 'registry'>): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}
