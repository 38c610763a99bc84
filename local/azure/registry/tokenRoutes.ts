import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Form, TokenExchange } from './tokenExchange';

/** /oauth2/exchange and /oauth2/token. */
export function registerTokenExchange(
  app: FastifyInstance,
  exchange: TokenExchange,
  registryOf: (request: FastifyRequest) => string,
): void {
  app.post<{ Body: Form | undefined }>('/oauth2/exchange', async (request) => ({
    refresh_token: exchange.refreshToken(registryOf(request), request.body ?? {}),
  }));
  app.post<{ Body: Form | undefined }>('/oauth2/token', async (request) => ({
    access_token: exchange.accessToken(registryOf(request), request.body ?? {}),
  }));
  app.get<{ Querystring: { scope?: string | string[] } }>('/oauth2/token', async (request) => ({
    access_token: exchange.accessTokenByHeader(
      registryOf(request),
      request.headers.authorization,
      [request.query.scope ?? []].flat(),
    ),
  }));
}
