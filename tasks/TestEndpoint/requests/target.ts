import type { HttpRequest } from './scoringClient';
import type { RequestCase } from './requestCases';
import type { Secret } from '../../common/secret';

/** The endpoint under test. */
export interface Target {
  readonly scoringUri: URL;
  readonly apiKey?: Secret;
  /** A health route, where it is known. */
  readonly readinessPath?: string;
  /** Whether only the record says where it is: then some addresses are refused, see recordedAddress. */
  readonly isOfRecord?: boolean;
}

/** A request to the target, with its key unless the case brings an authorization of its own. Managed online endpoints, AKS and Deploy-ACI's gateway all take the key as a bearer token. */
export function toHttpRequest(target: Target, request: RequestCase): HttpRequest {
  return {
    url: request.path === undefined ? target.scoringUri : new URL(request.path, target.scoringUri),
    method: request.method,
    headers: { ...keyHeader(target), ...request.headers },
    body: request.body.length > 0 || request.method !== 'GET' ? request.body : undefined,
  };
}

function keyHeader({ apiKey }: Target): Record<string, string> {
  return apiKey ? { authorization: `Bearer ${apiKey.reveal()}` } : {};
}
