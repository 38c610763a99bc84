import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import { Secrets } from '../../../secrets';

/**
 * Hides what a refusal, or an error, repeats of the request's own permission: the token of its header and the signature of its
 * URL. Storage for one tells what it would have had signed.
 */
export const hiddenSecrets: PipelinePolicy = {
  name: 'hiddenSecrets',
  async sendRequest(request, next) {
    try {
      const response = await next(request);
      if (response.status >= 400 && response.bodyAsText) {
        response.bodyAsText = secretsOf(request).hide(response.bodyAsText);
      }
      return response;
    } catch (error) {
      if (error instanceof Error) error.message = secretsOf(request).hide(error.message);
      throw error;
    }
  },
};

function secretsOf({ headers, url }: PipelineRequest): Secrets {
  const [, credentials = ''] = (headers.get('authorization') ?? '').split(/\s+/);
  const signature = URL.canParse(url) ? (new URL(url).searchParams.get('sig') ?? '') : '';
  return new Secrets([credentials, signature]);
}
