import type { AccessToken } from '@azure/core-auth';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import type { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import { azureFailure } from './azureFailure';
import { createCredential, type RenewableCredential } from './credential';
import type { NetworkSettings } from './network';
import { clientOptions, createSender, type ClientChoice, type Send } from './pipeline';
import { isJson } from './policies/readableAnswer';
import { setTraits } from './requestTraits';
import type { ServiceConnection } from './serviceConnection';
import type { Shape } from './shape';

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
  /** Milliseconds that one try may take; two minutes unless told. */
  readonly timeout?: number;
  /** Of a POST: it may be sent again though it may have been carried out, as it changes nothing that matters. */
  readonly repeatable?: boolean;
  /**
   * What is asked for is known to be there: a 404 is believed only when it repeats. Unless told, it is known of what is read where
   * 404 is not among the answers.
   */
  readonly isThere?: boolean;
  /** What a 2xx answer must hold; one that does not is asked for again, and an AzureFailure at last. */
  readonly shape?: Shape;
}

export interface AzureResponse<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T;
}

/** One signed-in way to Azure for a task run: one credential, and one assembly of policies that every request takes. */
export class AzureSession {
  private credentialPromise?: Promise<RenewableCredential>;
  private sendPromise?: Promise<Send>;

  constructor(
    readonly connection: ServiceConnection,
    private readonly network: NetworkSettings = {},
    /** Called with every key that Azure hands out, before its first use. */
    readonly keepSecret: (value: Secret) => void = () => undefined,
  ) {}

  get scope(): string {
    return `${this.connection.audience}/.default`;
  }

  credential(): Promise<RenewableCredential> {
    return (this.credentialPromise ??= createCredential(this.connection, this.network));
  }

  /** A token, for the resource manager unless a scope says otherwise; from the credential's cache while it is valid. */
  async token(scope = this.scope): Promise<AccessToken> {
    const token = await (await this.credential()).getToken(scope);
    if (!token) throw new Error('Entra gave no token.');
    return token;
  }

  /** Options for the management clients of Azure's SDK: where they call, for whom, and by which policies. */
  clientOptions(choice: ClientChoice & { readonly apiVersion?: string } = {}) {
    const { apiVersion, ...rest } = choice;
    return {
      endpoint: this.connection.resourceManagerUrl,
      credentialScopes: this.scope,
      apiVersion,
      ...clientOptions(this.network, { renewToken: this.renewToken, ...rest }),
    };
  }

  /** A way to send requests that sign in by themselves, or need no signing in, such as those to a storage account. */
  sender(choice?: ClientChoice): Promise<Send> {
    return createSender(this.network, choice);
  }

  /**
   * Sends a request with the session's token.
   * @returns the answer, its body parsed if it is JSON, else as text
   * @throws AzureFailure that names the URL, the status and Azure's own code and message, or what came in place of an answer
   */
  async request<T = unknown>(request: AzureRequest): Promise<AzureResponse<T>> {
    const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
    const url = this.urlOf(request);
    const method = request.method ?? 'GET';
    let response: PipelineResponse;
    try {
      const sent = createPipelineRequest({
        url: url.toString(),
        method,
        headers: createHttpHeaders({
          accept: 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        }),
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        abortSignal: request.signal,
        timeout: request.timeout,
      });
      response = await (
        await this.send()
      )(setTraits(sent, { ...request, isThere: request.isThere ?? isExpected(request) }));
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw azureFailure(error, `${method} ${url.origin}${url.pathname}`);
    }
    const text = response.bodyAsText ?? '';
    const body = parsed(response.headers.get('content-type'), text) as T;
    if ((response.status < 200 || response.status > 299) && !request.accept?.includes(response.status)) {
      throw azureFailure(
        Object.assign(new Error(text), { statusCode: response.status, details: body }),
        `${method} ${url.origin}${url.pathname}`,
      );
    }
    return { status: response.status, headers: response.headers.toJSON(), body };
  }

  private urlOf({ url: path, apiVersion, query = {} }: AzureRequest): URL {
    const url = addressOf(path, this.connection.resourceManagerUrl);
    if (apiVersion) url.searchParams.set('api-version', apiVersion);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    // A space as Azure's own clients are recorded to write it; a plus of a value is %2B by now.
    url.search = url.search.replaceAll('+', '%20');
    return url;
  }

  private send(): Promise<Send> {
    return (this.sendPromise ??= (async () => {
      const [{ bearerTokenAuthenticationPolicy }, credential] = await Promise.all([
        import('@azure/core-rest-pipeline'),
        this.credential(),
      ]);
      const sign = bearerTokenAuthenticationPolicy({ credential, scopes: this.scope });
      return createSender(this.network, { sign, renewToken: this.renewToken });
    })());
  }

  private readonly renewToken = async (): Promise<string> => {
    (await this.credential()).renew();
    return (await this.token()).token;
  };
}

function isExpected({ method = 'GET', repeatable, accept = [] }: AzureRequest): boolean {
  return (method === 'GET' || method === 'HEAD' || repeatable === true) && !accept.includes(404);
}

/** @throws TaskFailure where a path leads to another host, such as //host/path: the token would go there */
function addressOf(pathOrUrl: string, resourceManagerUrl: string): URL {
  if (/^https?:\/\//i.test(pathOrUrl)) return new URL(pathOrUrl);
  const base = new URL(`${resourceManagerUrl}/`);
  const url = URL.canParse(pathOrUrl, base.href) ? new URL(pathOrUrl, base) : undefined;
  if (url?.origin === base.origin) return url;
  throw new TaskFailure(
    `"${pathOrUrl}" is not a resource of the resource manager ${base.host}: it leads to ${url?.host || 'no host'}.`,
    'Write ids as Azure shows them: /subscriptions/…/resourceGroups/….',
  );
}

/** A refusal's body may be anything; that of an answer has been checked. */
function parsed(contentType: string | undefined, text: string): unknown {
  if (text.trim() === '' || !isJson(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
