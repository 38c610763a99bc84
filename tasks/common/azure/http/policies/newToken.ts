import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/**
 * Asks once more, with a new token, where a service refuses the one that it was sent: the token may have ended by the service's
 * clock, or been withdrawn. A refusal that names claims is the SDK's own policy's to answer.
 * @param renew fetches a token that is not the cached one
 */
export function newToken(renew: (signal?: AbortSignal) => Promise<string | undefined>): PipelinePolicy {
  /** By the refused header. The SDK's policy, which stands before this one, goes on sending a token that it takes for good. */
  const replaced = new Map<string, string>();
  return {
    name: 'newToken',
    async sendRequest(request, next) {
      const sent = request.headers.get('authorization');
      if (!sent) return next(request);
      const known = replaced.get(sent);
      if (known) request.headers.set('authorization', known);
      const response = await next(request);
      if (response.status !== 401 || /\bclaims\s*=/i.test(response.headers.get('www-authenticate') ?? ''))
        return response;
      const refused = known ?? sent;
      const token = await renew(request.abortSignal as AbortSignal | undefined);
      const renewed = token && `Bearer ${token}`;
      if (!renewed || renewed === refused) return response;
      replaced.set(sent, renewed);
      request.headers.set('authorization', renewed);
      return next(request);
    },
  };
}
