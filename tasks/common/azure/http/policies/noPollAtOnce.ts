import type { HttpHeaders, PipelinePolicy } from '@azure/core-rest-pipeline';

/**
 * The SDK asks for an operation's state as soon as it has sent the request that began it, when there is nothing to say: that one
 * poll is answered here. It stands behind the policies that read an answer.
 */
export function noPollAtOnce(createHttpHeaders: (values: Record<string, string>) => HttpHeaders): PipelinePolicy {
  const json = { 'content-type': 'application/json' };
  /** How an operation says that it goes on, by where its state is read. */
  const begun = new Map<string, { status: number; bodyAsText?: string }>();
  return {
    name: 'noPollAtOnce',
    sendRequest: async (request, next) => {
      const pending = request.method === 'GET' ? begun.get(placeOf(request.url)) : undefined;
      if (pending) {
        begun.delete(placeOf(request.url));
        return { request, headers: createHttpHeaders(json), ...pending };
      }
      const response = await next(request);
      if (request.method === 'GET') return response;
      const operation = response.headers.get('azure-asyncoperation');
      const location = response.headers.get('location');
      if (operation) begun.set(placeOf(operation), { status: 200, bodyAsText: '{"status":"Pending"}' });
      else if (location && response.status === 202) begun.set(placeOf(location), { status: 202 });
      return response;
    },
  };
}

/** The SDK writes the api-version into a query again. */
function placeOf(url: string): string {
  return url.split('?')[0]!;
}
