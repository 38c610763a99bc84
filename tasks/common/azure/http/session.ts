import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { createCredential } from './credential';
import { azureFailure } from './azureFailure';
import { createHttpClient } from './httpClient';
import { networkOptions, type NetworkSettings } from './network';
import type { ServiceConnection } from './serviceConnection';
import { TaskFailure } from '../../taskFailure';

/** The version that names us in Azure's logs; esbuild puts package.json's in. */
declare const EXTENSION_VERSION: string | undefined;
const version = typeof EXTENSION_VERSION === 'string' ? EXTENSION_VERSION : '0.0.0';

/** One request to Azure. `url` is absolute, or a path under the resource manager. */
export interface AzureRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly apiVersion?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Statuses that are answers, not failures, e.g. [404]. 2xx always are. */
  readonly accept?: readonly number[];
  /** Milliseconds; 0 waits for ever. */
  readonly timeout?: number;
}

export interface AzureResponse<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T;
}

/**
 * One signed-in way to Azure for a task run: one credential, and one pipeline that every request of ours takes
 * (authorization, retry of transient faults with back-off, the agent's proxy and certificates).
 */
export class AzureSession {
  private credentialPromise?: Promise<TokenCredential>;
  private clientPromise?: Promise<{ send(request: PipelineRequest): Promise<PipelineResponse> }>;

  constructor(
    readonly connection: ServiceConnection,
    private readonly network: NetworkSettings = {},
    /** Called with every key that Azure hands out, before its first use. */
    readonly keepSecret: (value: string) => void = () => undefined,
  ) {}

  get scope(): string {
    return `${this.connection.audience}/.default`;
  }

  credential(): Promise<TokenCredential> {
    return (this.credentialPromise ??= createCredential(this.connection, this.network));
  }

  /** A token, for the resource manager unless a scope says otherwise; from the credential's cache while it is valid. */
  async token(scope = this.scope): Promise<AccessToken> {
    const token = await (await this.credential()).getToken(scope);
    if (!token) throw new Error('Entra gave no token.');
    return token;
  }

  /** Options for the management clients of Azure's SDK: where they call, for whom, and how. */
  clientOptions(apiVersion?: string) {
    const { resourceManagerUrl } = this.connection;
    return {
      endpoint: resourceManagerUrl,
      credentialScopes: this.scope,
      apiVersion,
      userAgentOptions: { userAgentPrefix: `mlops-azure-devops/${version}` },
      ...networkOptions(this.network, resourceManagerUrl),
    };
  }

  /** The proxy and certificates for a client of another address, such as a storage account. */
  networkOptions(url: string) {
    return networkOptions(this.network, url);
  }

  /**
   * Sends a request with the session's token.
   * @returns the answer, its body parsed if it is JSON, else as text
   * @throws TaskFailure that names the URL, the status and Azure's own code and message
   */
  async request<T = unknown>(request: AzureRequest): Promise<AzureResponse<T>> {
    const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
    const url = addressOf(request.url, this.connection.resourceManagerUrl);
    if (request.apiVersion) url.searchParams.set('api-version', request.apiVersion);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const method = request.method ?? 'GET';
    let response: PipelineResponse;
    try {
      response = await (
        await this.client()
      ).send(
        createPipelineRequest({
          url: url.toString(),
          method,
          headers: createHttpHeaders({
            accept: 'application/json',
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...request.headers,
          }),
          body: request.body === undefined ? undefined : JSON.stringify(request.body),
          abortSignal: request.signal,
          timeout: request.timeout ?? 120_000,
        }),
      );
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw azureFailure(error, `${method} ${url.origin}${url.pathname}`);
    }
    const text = response.bodyAsText ?? '';
    const body = (isJson(response.headers.get('content-type'), text) ? JSON.parse(text) : text) as T;
    if ((response.status < 200 || response.status > 299) && !request.accept?.includes(response.status)) {
      throw azureFailure(
        Object.assign(new Error(text), { statusCode: response.status, details: body }),
        `${method} ${url.origin}${url.pathname}`,
      );
    }
    return { status: response.status, headers: response.headers.toJSON(), body };
  }

  private client() {
    return (this.clientPromise ??= (async () => {
      const [pipelines, credential] = await Promise.all([import('@azure/core-rest-pipeline'), this.credential()]);
      const pipeline = pipelines.createPipelineFromOptions(this.clientOptions());
      pipeline.addPolicy(pipelines.bearerTokenAuthenticationPolicy({ credential, scopes: this.scope }), {
        afterPhase: 'Sign',
      });
      const http = await createHttpClient();
      return { send: (request: PipelineRequest) => pipeline.sendRequest(http, request) };
    })());
  }
}

/** @throws TaskFailure where a path leads to another host, such as //host/path: the token would go there */
function addressOf(pathOrUrl: string, resourceManagerUrl: string): URL {
  if (/^https?:\/\//i.test(pathOrUrl)) return new URL(pathOrUrl);
  const base = new URL(`${resourceManagerUrl}/`);
  const url = URL.canParse(pathOrUrl, base.href) ? new URL(pathOrUrl, base) : undefined;
  if (url?.origin === base.origin) return url;
  throw new TaskFailure(
    `"${pathOrUrl}" is no resource of the resource manager ${base.host}: it leads to ${url?.host || 'no host'}.`,
    'Write ids as Azure shows them: /subscriptions/…/resourceGroups/….',
  );
}

function isJson(contentType: string | undefined, text: string): boolean {
  return text !== '' && /\bjson\b/i.test(contentType ?? '');
}
