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
      const abortSignal = request.abortSignal
        ? AbortSignal.any([request.abortSignal as AbortSignal, limit.signal])
        : limit.signal;
      try {
        return await http.sendRequest(
          Object.assign(Object.create(Object.getPrototypeOf(request) as object) as PipelineRequest, request, {
            timeout: 0,
            abortSignal,
          }),
        );
      } catch (error) {
        // Both say that the other side closed the connection; the SDK's retry knows but one of them.
        if ((error as { code?: unknown }).code === 'EPIPE') Object.assign(error as Error, { code: 'ECONNRESET' });
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
