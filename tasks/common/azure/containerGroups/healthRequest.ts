import type { Send } from '../http/pipeline';
import type { AzureSession } from '../http/session';

/** What came of one request to an endpoint that may not be up yet. */
export type HealthAnswer =
  | { readonly status: number }
  /** No answer: Node's code, e.g. ECONNREFUSED or ENOTFOUND, and the message that came with it. */
  | { readonly fault: string; readonly message: string };

/** Whether it is an answer of one that serves. */
export function isWell(answer: HealthAnswer): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status <= 299;
}

/** Asks once whether an endpoint is well. It never throws but when the signal is aborted. */
export type HealthRequest = (url: string, signal?: AbortSignal) => Promise<HealthAnswer>;

/** Asks the way the agent reaches the network: by its proxy, with its certificates. No token goes along. */
export function healthRequest(session: AzureSession, timeoutInMilliseconds = 5000): HealthRequest {
  let send: Promise<Send> | undefined;
  return async (url, signal) => {
    const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
    try {
      const answer = await (
        await (send ??= session.sender({ mostTries: 1 }))
      )(
        createPipelineRequest({
          url,
          headers: createHttpHeaders({ connection: 'close' }),
          abortSignal: signal,
          timeout: timeoutInMilliseconds,
          allowInsecureConnection: true,
          disableKeepAlive: true,
        }),
      );
      return { status: answer.status };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const { code, name, message } = error as Error & { code?: string };
      return { fault: code ?? name, message };
    }
  };
}
