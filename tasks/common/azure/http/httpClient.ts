import * as tls from 'node:tls';
import type { HttpClient, PipelineRequest, TlsSettings } from '@azure/core-rest-pipeline';

let sdkClient: Promise<HttpClient> | undefined;

/** The HTTP client for the SDK's own clients: theirs, but that by a proxy, too, it trusts whom the agent trusts. */
export const sdkHttpClient: HttpClient = {
  async sendRequest(request) {
    sdkClient ??= import('@azure/core-rest-pipeline').then(({ createDefaultHttpClient }) => createDefaultHttpClient());
    return (await sdkClient).sendRequest(Object.assign(request, certificatesByProxy(request)));
  },
};

/** One for all connections of a pipeline: Node's own list of authorities takes thirty milliseconds to read. */
const contexts = new WeakMap<TlsSettings, tls.SecureContext>();

/**
 * The SDK gives a request that goes by a proxy an agent that knows nothing of the certificates, which it then ignores; what
 * stands among the request's own options reaches that agent's connection. Source: ts-http-runtime, proxyPolicy.js and
 * nodeHttpClient.js; https-proxy-agent, connect.
 */
function certificatesByProxy({
  agent,
  tlsSettings,
  requestOverrides,
}: PipelineRequest): Pick<PipelineRequest, 'requestOverrides'> {
  if (!agent || !tlsSettings) return {};
  let secureContext = contexts.get(tlsSettings);
  if (!secureContext) contexts.set(tlsSettings, (secureContext = tls.createSecureContext(tlsSettings)));
  return { requestOverrides: { secureContext, ...requestOverrides } };
}

/**
 * The SDK's HTTP client, with the time limit of a request kept here: the SDK lets its own timer run on after a request
 * that failed, which would keep the task's process alive until that timer ends. A request that was not answered in time
 * fails with ETIMEDOUT; the SDK would have it that somebody cancelled it. Source: ts-http-runtime, nodeHttpClient.js and, for
 * the errors that are tried again, exponentialRetryStrategy.js.
 */
export async function createHttpClient(): Promise<HttpClient> {
  const { createDefaultHttpClient, RestError } = await import('@azure/core-rest-pipeline');
  const http = createDefaultHttpClient();
  /** No answer, or not all of it: the SDK's retry takes its own kind of error alone. A POST may have been carried out. */
  const unanswered = ({ method }: PipelineRequest, message: string, code: string) =>
    method === 'POST' ? Object.assign(new Error(message), { code }) : new RestError(message, { code });
  return {
    async sendRequest(request) {
      const limit = new AbortController();
      let isLate = false;
      const end = () => {
        isLate = true;
        limit.abort();
      };
      const timer = setTimeout(end, request.timeout || 2 ** 31 - 1);
      // By hand: what AbortSignal.any leaves on a signal that outlives ten thousand requests takes 40 MB until it is collected.
      const stop = () => limit.abort((request.abortSignal as AbortSignal).reason);
      const letGo = () => request.abortSignal?.removeEventListener('abort', stop);
      if (request.abortSignal?.aborted) stop();
      request.abortSignal?.addEventListener('abort', stop);
      try {
        const response = await http.sendRequest(
          Object.assign(Object.create(Object.getPrototypeOf(request) as object) as PipelineRequest, request, {
            ...certificatesByProxy(request),
            timeout: 0,
            abortSignal: limit.signal,
          }),
        );
        if (response.readableStreamBody) response.readableStreamBody.once('close', letGo);
        else letGo();
        return response;
      } catch (error) {
        letGo();
        if (isLate && !request.abortSignal?.aborted) {
          throw unanswered(request, `no answer within ${request.timeout / 1000} s`, 'ETIMEDOUT');
        }
        const { code, message } = error as Error & { code?: unknown };
        // The connection broke in the midst of the answer.
        if (code === RestError.PARSE_ERROR) throw unanswered(request, message, 'ECONNRESET');
        // Both say that the other side closed the connection; the SDK's retry knows but one of them.
        if (code === 'EPIPE') Object.assign(error as Error, { code: 'ECONNRESET' });
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
