import {
  createHttpHeaders,
  createPipelineRequest,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineRequestOptions,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';

/** What a policy's next one does: answers with a status, headers and body, or fails with an error or a code. */
export type Step = number | Error | string | { status: number; headers?: Record<string, string>; body?: string };

export interface Tried {
  readonly answer?: PipelineResponse;
  readonly error?: Error & { code?: string };
  /** What stood behind the policy has been sent. */
  readonly sent: PipelineRequest[];
}

/** Sends one request through a policy behind which the steps happen in turn, the last again and again. */
export async function tryPolicy(
  policy: PipelinePolicy,
  steps: readonly Step[],
  options: Partial<PipelineRequestOptions> = {},
  prepare: (request: PipelineRequest) => void = () => undefined,
): Promise<Tried> {
  const request = createPipelineRequest({ url: 'https://azure.test/x', ...options });
  prepare(request);
  const sent: PipelineRequest[] = [];
  const next = async (each: PipelineRequest): Promise<PipelineResponse> => {
    sent.push(
      Object.assign(Object.create(each) as PipelineRequest, { headers: createHttpHeaders(each.headers.toJSON()) }),
    );
    const step = steps[Math.min(sent.length, steps.length) - 1]!;
    if (step instanceof Error) throw step;
    if (typeof step === 'string') throw Object.assign(new Error(step), { code: step });
    const { status, headers = {}, body } = typeof step === 'number' ? { status: step } : step;
    return Promise.resolve({ request: each, status, headers: createHttpHeaders(headers), bodyAsText: body ?? '' });
  };
  try {
    return { answer: await policy.sendRequest(request, next), sent };
  } catch (error) {
    return { error: error as Error, sent };
  }
}
