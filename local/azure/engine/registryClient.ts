import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { request, type Agent, type Dispatcher } from 'undici';

/** How to sign in to a registry: by a user's password, or by a refresh token that a service of the local cloud got. */
export type RegistryLogin = { username: string; password: string } | { refreshToken: string };

/** A registry that refused, or lacks what it was asked for. */
export class RegistryError extends Error {
  constructor(
    readonly status: number,
    /** The registry's own code, such as MANIFEST_UNKNOWN or UNAUTHORIZED. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }
}

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/** One repository of a registry, over HTTPS as any client reaches it. */
export class RepositoryClient {
  private readonly base: string;
  private authorization: string | undefined;

  constructor(
    private readonly agent: Agent,
    private readonly server: string,
    private readonly repository: string,
    private readonly login: RegistryLogin | undefined,
    private readonly signal?: AbortSignal,
  ) {
    this.base = `https://${server}/v2/${repository}`;
  }

  /** By tag or digest; what came is checked against the digest. */
  async manifest(reference: string): Promise<{ digest: string; mediaType: string; content: Buffer }> {
    const response = await this.call('GET', `${this.base}/manifests/${reference}`, {
      headers: { accept: manifestTypes },
    });
    const content = Buffer.from(await response.body.arrayBuffer());
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const expected = reference.startsWith('sha256:') ? reference : response.headers['docker-content-digest'];
    if (expected !== digest) {
      throw new RegistryError(
        502,
        'DIGEST_INVALID',
        `${this.server} sent a manifest ${digest} where ${String(expected)} was asked for`,
      );
    }
    return { digest, mediaType: String(response.headers['content-type']), content };
  }

  /** A stream that fails at its end when the content is not of that digest. */
  async blob(digest: string): Promise<Readable> {
    const response = await this.call('GET', `${this.base}/blobs/${digest}`);
    const hash = createHash('sha256');
    const { server } = this;
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        const right = `sha256:${hash.digest('hex')}` === digest;
        done(right ? null : new RegistryError(502, 'DIGEST_INVALID', `${server} sent a blob that is not ${digest}`));
      },
    });
    response.body.on('error', (error) => check.destroy(error));
    return response.body.pipe(check);
  }

  async hasBlob(digest: string): Promise<boolean> {
    try {
      await (await this.call('HEAD', `${this.base}/blobs/${digest}`)).body.dump();
      return true;
    } catch (error) {
      if (error instanceof RegistryError && error.isNotFound) return false;
      throw error;
    }
  }

  async pushBlob(digest: string, size: number, content: { file: string } | Buffer): Promise<void> {
    const started = await this.call('POST', `${this.base}/blobs/uploads/`);
    await started.body.dump();
    const location = new URL(String(started.headers.location), `https://${this.server}`);
    location.searchParams.set('digest', digest);
    const finished = await this.call('PUT', location.toString(), {
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: Buffer.isBuffer(content) ? content : () => createReadStream(content.file),
    });
    await finished.body.dump();
  }

  /** By tag or digest. */
  async pushManifest(reference: string, mediaType: string, content: Buffer): Promise<void> {
    const response = await this.call('PUT', `${this.base}/manifests/${reference}`, {
      headers: { 'content-type': mediaType },
      body: content,
    });
    await response.body.dump();
  }

  private async call(
    method: Dispatcher.HttpMethod,
    url: string,
    options: { headers?: Record<string, string>; body?: Buffer | (() => Readable) } = {},
  ): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt++) {
      const response = await request(url, {
        dispatcher: this.agent,
        method,
        headers: { ...options.headers, ...(this.authorization ? { authorization: this.authorization } : {}) },
        body: typeof options.body === 'function' ? options.body() : options.body,
        signal: this.signal,
      });
      if (response.statusCode < 400) return response;
      if (response.statusCode === 401 && attempt === 1 && this.login) {
        await response.body.dump();
        this.authorization = `Bearer ${await this.token(String(response.headers['www-authenticate']))}`;
        continue;
      }
      throw await errorOf(response, `${method} ${url}`);
    }
  }

  private async token(challenge: string): Promise<string> {
    const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const scope = part('scope') || `repository:${this.repository}:pull`;
    const query = new URLSearchParams({ service: part('service'), scope });
    const login = this.login as RegistryLogin;
    const response =
      'refreshToken' in login
        ? await request(part('realm'), {
            dispatcher: this.agent,
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: `${query}&${new URLSearchParams({ grant_type: 'refresh_token', refresh_token: login.refreshToken })}`,
          })
        : await request(`${part('realm')}?${query}`, {
            dispatcher: this.agent,
            headers: {
              authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
            },
          });
    if (response.statusCode !== 200) throw await errorOf(response, `signing in to ${this.server}`);
    return ((await response.body.json()) as { access_token: string }).access_token;
  }
}

async function errorOf(response: Dispatcher.ResponseData, action: string): Promise<RegistryError> {
  const text = await response.body.text();
  let first: { code?: string; message?: string } | undefined;
  try {
    first = (JSON.parse(text) as { errors?: Array<{ code?: string; message?: string }> }).errors?.[0];
  } catch {
    // Not in the registry's shape: the status has to do.
  }
  const message = first?.message ?? (text.slice(0, 200) || `status ${response.statusCode}`);
  return new RegistryError(response.statusCode, first?.code ?? 'UNKNOWN', `${action}: ${message}`);
}
