import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { AzureFailure, azureFailure } from '../http/azureFailure';
import type { Send } from '../http/pipeline';
import { UnreadableAnswer } from '../http/policies/readableAnswer';
import { setTraits } from '../http/requestTraits';
import type { AzureSession } from '../http/session';
import { streamedAnswer } from '../http/streamedAnswer';

/** Sends to one registry what is signed by then, or needs no signing. */
export class RegistryRequests {
  private sender?: Promise<Send>;

  constructor(
    private readonly session: AzureSession,
    private readonly host: string,
    /** Milliseconds that one request may take. */
    private readonly timeout: number,
  ) {}

  /** @throws AzureFailure where the registry cannot be reached; a refusal is an answer */
  async send(
    url: string,
    options: {
      method: 'GET' | 'HEAD' | 'PUT' | 'POST';
      headers?: Readonly<Record<string, string>>;
      body?: Buffer;
      signal: AbortSignal;
    },
  ): Promise<PipelineResponse> {
    const rest = await import('@azure/core-rest-pipeline');
    // A registry that cannot be reached is an answer where little time is given, not something to wait for.
    const send = await (this.sender ??= this.session.sender({ mostTries: this.timeout < 30_000 ? 1 : undefined }));
    const isBlob = url.includes('/blobs/') || !url.includes(this.host);
    try {
      const request = rest.createPipelineRequest({
        url,
        method: options.method,
        headers: rest.createHttpHeaders({ ...options.headers }),
        body: options.body,
        abortSignal: options.signal,
        allowInsecureConnection: url.startsWith('http:'),
        streamResponseStatusCodes: isBlob ? new Set([200]) : undefined,
        timeout: this.timeout,
      });
      // What is sent by POST here trades tokens. Whether something is there is asked by HEAD, and only what is there is read.
      return await send(setTraits(request, { repeatable: true, isThere: options.method === 'GET' }));
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw this.unreachable(error);
    }
  }

  unreachable(error: unknown): AzureFailure {
    const { code = '', message } = error as Error & { code?: string };
    return new AzureFailure(
      `The registry ${this.host} could not be reached: ${message}`,
      "Check the agent's network, proxy and firewall, and the registry's network rules.",
      undefined,
      code,
      message,
      error,
    );
  }
}

/** The whole of an answer, streamed or not. */
export async function readText(response: PipelineResponse): Promise<string> {
  if (!response.readableStreamBody) return response.bodyAsText ?? '';
  const parts: Buffer[] = [];
  for await (const part of streamedAnswer(response)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** @throws AzureFailure where it is not what a registry gives */
export function readJson<T extends object>(body: string | null | undefined, asked: string): T {
  try {
    const value = JSON.parse(body || '{}') as unknown;
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Said below.
  }
  throw azureFailure(new UnreadableAnswer(`no JSON that a registry gives (${body?.length ?? 0} characters)`), asked);
}

export function refusal(response: PipelineResponse, asked: string): AzureFailure {
  let first: { code?: string; message?: string } = {};
  try {
    const parsed = JSON.parse(response.bodyAsText ?? '{}') as { errors?: Array<{ code?: string; message?: string }> };
    first = parsed.errors?.[0] ?? {};
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  const { code = '', message = '' } = first;
  return new AzureFailure(
    `The registry answered ${response.status} ${code} to ${asked}${message && `: ${message}`}.`,
    response.status === 401 || response.status === 403
      ? "Check that the identity may pull from the registry (role AcrPull; with ABAC repository permissions Container Registry Repository Reader), and the registry's network rules."
      : undefined,
    response.status,
    code,
    message,
    undefined,
  );
}
