import type { HttpClient, PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { extensionVersion } from '../../extensionVersion';
import type { NetworkSettings } from './network';
import { brokenConnection } from './policies/brokenConnection';
import { certificates } from './policies/certificates';
import { hiddenSecrets } from './policies/hiddenSecrets';
import { newToken } from './policies/newToken';
import { proxy } from './policies/proxy';
import { readableAnswer } from './policies/readableAnswer';
import { retry, type RetryOptions } from './policies/retry';
import { timeLimit } from './policies/timeLimit';

/** In what one client differs from another. */
export interface ClientChoice extends RetryOptions {
  /** Milliseconds that a request may take which does not say so itself. */
  readonly limit?: number;
  /** Fetches another token than the one that was refused; without it a refusal is an answer. */
  readonly renewToken?: (signal?: AbortSignal) => Promise<string | undefined>;
}

export type Send = (request: PipelineRequest) => Promise<PipelineResponse>;

/**
 * The HTTP client of every client, the SDK's own too: what stands between a request and the network, the outermost first. Where
 * two clients differed in it, a fault that one rides out would end the other.
 */
export function createHttpClient(network: NetworkSettings, choice: ClientChoice = {}): HttpClient {
  const chain = async (): Promise<Send> => {
    const rest = await import('@azure/core-rest-pipeline');
    sdkClient ??= rest.createDefaultHttpClient();
    const { sendRequest } = sdkClient;
    const policies: PipelinePolicy[] = [
      retry(choice),
      ...(choice.renewToken ? [newToken(choice.renewToken)] : []),
      hiddenSecrets,
      readableAnswer(choice.fetchesTokens ? 'object' : undefined),
      proxy(network, rest),
      certificates(network),
      timeLimit(choice.limit),
      brokenConnection,
    ];
    return policies.reduceRight<Send>((next, policy) => (request) => policy.sendRequest(request, next), sendRequest);
  };
  let send: Promise<Send> | undefined;
  return { sendRequest: async (request) => (await (send ??= chain()))(request) };
}

/** One for all, so that connections are used again. */
let sdkClient: HttpClient | undefined;

const ourselves = {
  userAgentOptions: { userAgentPrefix: `mlops-azure-devops/${extensionVersion}` },
  retryOptions: { maxRetries: 0 },
};

/** The options that put a client of Azure's SDK upon it. */
export function clientOptions(network: NetworkSettings, choice?: ClientChoice) {
  return { ...ourselves, httpClient: createHttpClient(network, choice) };
}

/** Our own requests' way to it. @param sign signs each request that is not signed yet */
export async function createSender(
  network: NetworkSettings,
  { sign, ...choice }: ClientChoice & { readonly sign?: PipelinePolicy } = {},
): Promise<Send> {
  const { createPipelineFromOptions, tracingPolicyName } = await import('@azure/core-rest-pipeline');
  const pipeline = createPipelineFromOptions(ourselves);
  // Nobody traces them; of ten thousand small blobs it is a tenth of the work.
  pipeline.removePolicy({ name: tracingPolicyName });
  if (sign) pipeline.addPolicy(sign, { afterPhase: 'Sign' });
  const { httpClient } = clientOptions(network, choice);
  return (request) => pipeline.sendRequest(httpClient, request);
}
