import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** One exchange with a service that has an official specification, against which it is checked. */
export interface RecordedExchange {
  /** Of the service that was asked, e.g. `localhost:443`. */
  host: string;
  request: { method: string; url: string; headers: Record<string, string>; body?: unknown };
  response: { statusCode: number; headers: Record<string, string>; body?: unknown };
}

/** The resource manager, and the data planes of registries and vaults. */
const isSpecified = (host: string, url: string): boolean =>
  /^\/(subscriptions|tenants)(\/|\?|$)/i.test(url) ||
  (/\.azurecr\./.test(host) && /^\/(v2|acr\/v1|oauth2)(\/|\?|$)/.test(url)) ||
  /\.vault\./.test(host);

/** Appends every exchange that a specification holds to a file of JSON lines. Credentials are left out. */
export function recordTraffic(app: FastifyInstance, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isSpecified(request.hostname, request.url)) return payload;
    const exchange: RecordedExchange = {
      host: request.host,
      request: {
        method: request.method,
        url: request.url,
        headers: withoutCredentials(request.headers),
        // A blob or a manifest is still a stream.
        body: request.url.startsWith('/v2/') ? undefined : withoutTokens(request.body),
      },
      response: {
        statusCode: reply.statusCode,
        headers: withoutCredentials(reply.getHeaders()),
        body: typeof payload === 'string' ? withoutTokens(parse(payload)) : undefined,
      },
    };
    appendFileSync(file, JSON.stringify(exchange) + '\n');
    return payload;
  });
}

function withoutCredentials(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => name !== 'authorization' && value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

/** What a registry hands out and takes for a password. */
function withoutTokens(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const isToken = (name: string) => /^(access_token|refresh_token|password)$/.test(name);
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, isToken(name) && typeof value === 'string' ? '***' : value])); // prettier-ignore
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return text;
  }
}
