import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';

/**
 * The SDK's HTTP client, with the time limit of a request kept here: the SDK lets its own timer run on after a request
 * that failed, which would keep the task's process alive until that timer ends. Source: ts-http-runtime, nodeHttpClient.js
 * and, for the errors that are tried again, exponentialRetryStrategy.js.
 */
export async function createHttpClient(): Promise<HttpClient> {
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline');
  const http = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), request.timeout || 2 ** 31 - 1);
      // By hand: what AbortSignal.any leaves on a signal that outlives ten thousand requests takes 40 MB until it is collected.
      const stop = () => limit.abort((request.abortSignal as AbortSignal).reason);
      const letGo = () => request.abortSignal?.removeEventListener('abort', stop);
      if (request.abortSignal?.aborted) stop();
      request.abortSignal?.addEventListener('abort', stop);
      try {
        const response = await http.sendRequest(
          Object.assign(Object.create(Object.getPrototypeOf(request) as object) as PipelineRequest, request, {
            timeout: 0,
            abortSignal: limit.signal,
          }),
        );
        if (response.readableStreamBody) response.readableStreamBody.once('close', letGo);
        else letGo();
        return response;
      } catch (error) {
        letGo();
        // Both say that the other side closed the connection; the SDK's retry knows but one of them.
        if ((error as { code?: unknown }).code === 'EPIPE') Object.assign(error as Error, { code: 'ECONNRESET' });
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
