import type { NetworkSettings } from './network';
import { createSender } from './pipeline';

export interface JsonRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly network?: NetworkSettings;
  readonly signal?: AbortSignal;
}

/** A request to a REST API that is not Azure's, through the agent's proxy; its answer whatever its status. */
export async function requestJson({
  url,
  method,
  headers,
  body,
  network = {},
  signal,
}: JsonRequest): Promise<{ status: number; text: string }> {
  const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
  const send = await createSender(network);
  const { status, bodyAsText } = await send(
    createPipelineRequest({
      url: url.toString(),
      method,
      headers: createHttpHeaders({ ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }),
      body: body === undefined ? undefined : JSON.stringify(body),
      abortSignal: signal,
      timeout: 30_000,
      allowInsecureConnection: url.protocol === 'http:',
    }),
  );
  return { status, text: bodyAsText ?? '' };
}
