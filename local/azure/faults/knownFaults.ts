import type { FaultAction } from './faultAction';

const arm = (status: number, code: string, message: string, headers: Record<string, string> = {}): FaultAction => ({
  status,
  headers,
  body: { error: { code, message } },
});

/** Faults that clients of Azure meet, by name: as Azure, its gateways, a proxy or the network give them. */
export const knownFaults = {
  'reset-before': { reset: 'before' },
  'reset-after': { reset: 'after' },
  'reset-within': { reset: 'within' },
  'stall-before': { stall: 'before' },
  'stall-after': { stall: 'after' },
  'stall-within': { stall: 'within' },
  cut: { cut: true },
  slow: { slowMs: 300 },
  // learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation and claims-challenge
  '401-expired': arm(401, 'ExpiredAuthenticationToken', 'The access token expiry UTC time has passed.'),
  '401-claims': arm(401, 'InvalidAuthenticationToken', 'Continuous access evaluation resulted in a claims challenge.', {
    'www-authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString('base64')}"`,
  }),
  // learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
  '403-sas': {
    status: 403,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthenticationFailed' },
    body: '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>',
  },
  '403': arm(403, 'AuthorizationFailed', 'The client does not have authorization to perform the action.'),
  '404': arm(404, 'ResourceNotFound', 'The resource was not found.'),
  '408': arm(408, 'RequestTimeout', 'The request timed out.'),
  '409': arm(409, 'Conflict', 'Another operation is in progress on this resource. Try again later.'),
  '412': arm(412, 'PreconditionFailed', 'The condition of the request was not met.'),
  // learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
  '429': arm(429, 'TooManyRequests', 'The request was throttled.'),
  '429-retry-after': arm(429, 'TooManyRequests', 'The request was throttled.', { 'retry-after': '3' }),
  '500': arm(500, 'InternalServerError', 'The server encountered an internal error. Please retry the request.'),
  '500-after': { ...arm(500, 'InternalServerError', 'Please retry the request.'), answered: 'after' },
  '502-html': {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>',
  },
  '503': arm(503, 'ServiceUnavailable', 'The service is unavailable.'),
  '503-retry-after': arm(503, 'ServerBusy', 'The server is busy.', { 'retry-after': '2' }),
  '504-after': {
    status: 504,
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h1>504 Gateway Time-out</h1></body></html>',
    answered: 'after',
  },
  // The sign-in page of a proxy or a captive portal.
  '200-html': {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><html><body><form action="/login">Sign in to the network</form></body></html>',
  },
  '200-badjson': { status: 200, headers: { 'content-type': 'application/json' }, body: '{"value": [' },
  '200-badjson-after': {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"value": [',
    answered: 'after',
  },
  '200-empty': { status: 200, headers: { 'content-type': 'application/json' }, body: '' },
} satisfies Record<string, FaultAction>;

export type KnownFault = keyof typeof knownFaults;
