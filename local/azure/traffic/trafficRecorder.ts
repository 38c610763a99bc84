import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** One exchange on the ARM surface, as it is checked against the official specifications. */
export interface RecordedExchange {
  request: { method: string; url: string; headers: Record<string, string>; body?: unknown };
  response: { statusCode: number; headers: Record<string, string>; body?: unknown };
}

/** Appends every ARM exchange to a file of JSON lines. Credentials in headers are left out. */
export function recordTraffic(app: FastifyInstance, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  app.addHook('onSend', async (request, reply, payload) => {
    if (!/^\/subscriptions(\/|\?|$)/i.test(request.url)) return payload;
    const exchange: RecordedExchange = {
      request: {
        method: request.method,
        url: request.url,
        headers: withoutCredentials(request.headers),
        body: request.body,
      },
      response: {
        statusCode: reply.statusCode,
        headers: withoutCredentials(reply.getHeaders()),
        body: typeof payload === 'string' ? parse(payload) : undefined,
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

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return text;
  }
}
