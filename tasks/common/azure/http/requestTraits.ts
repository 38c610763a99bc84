import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import type { Shape } from './shape';

/** What a policy cannot see in a request itself. */
export interface RequestTraits {
  /** A POST or PATCH that changes nothing, or nothing more when it is carried out twice: it may be sent again. */
  readonly repeatable?: boolean;
  /** What is asked for is known to be there: a 404 passes by itself, and is believed only when it repeats. */
  readonly isThere?: boolean;
  /** What the body of a 2xx answer must look like. */
  readonly shape?: Shape;
}

const known = new WeakMap<PipelineRequest, RequestTraits>();

export function setTraits(request: PipelineRequest, traits: RequestTraits): PipelineRequest {
  known.set(request, traits);
  return request;
}

/** A client that says of each request of an SDK what the SDK does not know of it. */
export function withTraits(client: HttpClient, traits: (request: PipelineRequest) => RequestTraits): HttpClient {
  return { sendRequest: (request) => client.sendRequest(setTraits(request, traits(request))) };
}

export function traitsOf(request: PipelineRequest): RequestTraits {
  return known.get(request) ?? {};
}

/** Whether sending it twice does what sending it once does. Source: RFC 9110, 9.2.2. */
export function isRepeatable(request: PipelineRequest): boolean {
  return !['POST', 'PATCH'].includes(request.method) || traitsOf(request).repeatable === true;
}
