import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';

/** Milliseconds that a request may take unless it says otherwise. */
export const usualLimit = 120_000;

/**
 * Ends a request that is not answered in time with ETIMEDOUT. The SDK has such a limit too, but lets its timer run on after a
 * request that failed, which would keep the task's process alive until that timer ends, and reports it as a
 * cancellation. Source: ts-http-runtime, nodeHttpClient.js.
 */
export function timeLimit(limit = usualLimit): PipelinePolicy {
  return {
    name: 'timeLimit',
    async sendRequest(request, next) {
      const milliseconds = request.timeout || limit;
      const controller = new AbortController();
      let isLate = false;
      const end = () => {
        isLate = true;
        controller.abort();
      };
      const timer = setTimeout(end, milliseconds);
      // By hand: what AbortSignal.any leaves on a signal that outlives ten thousand requests takes 40 MB until it is collected.
      const stop = () => controller.abort((request.abortSignal as AbortSignal).reason);
      const letGo = () => request.abortSignal?.removeEventListener('abort', stop);
      if (request.abortSignal?.aborted) stop();
      request.abortSignal?.addEventListener('abort', stop);
      try {
        const response = await next(withSignal(request, controller.signal));
        // Once it has begun, a streamed answer is its reader's to watch.
        if (response.readableStreamBody) response.readableStreamBody.once('close', letGo);
        else letGo();
        // What stands around us knows the request that it sent.
        return { ...response, request };
      } catch (error) {
        letGo();
        if (!isLate || request.abortSignal?.aborted) throw error;
        throw Object.assign(new Error(`no answer within ${milliseconds / 1000} s`, { cause: error }), {
          code: 'ETIMEDOUT',
        });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The same request for one try: the next try has a limit of its own. */
function withSignal(request: PipelineRequest, abortSignal: AbortSignal): PipelineRequest {
  const own = Object.create(Object.getPrototypeOf(request) as object) as PipelineRequest;
  return Object.assign(own, request, { timeout: 0, abortSignal });
}
