import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import Fastify, { type FastifyInstance } from 'fastify';
import { resourceTypeOf } from './arm/resourceTypes';
import { breakableConnections } from './breakableConnections';
import { ArmError } from './context';
import type { ServerCertificate } from './certificates/serverCertificate';
import { messageOf } from '../messageOf';

/** azure-cli leaves the quotes of one name away in a deployment, which the resource manager's own reader takes. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Whole strings are passed over: what stands in one is nobody's syntax.
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|([{,]\s*)template:/g, (all, before?: string) =>
      before === undefined ? all : `${before}"template":`,
    );
    if (quoted === text) throw error;
    return JSON.parse(quoted);
  }
}

/** Clients put slashes before ids and names that have their own; the resource manager takes that. */
function withSingleSlashes(url: string): string {
  if (!/^\/+subscriptions\//i.test(url)) return url;
  const [path = '', ...query] = url.split('?');
  return [path.replace(/\/{2,}/g, '/'), ...query].join('?');
}

/**
 * The HTTPS server of the local cloud with what all its services share: routes without regard to case (as ARM's), bodies
 * as Azure reads them, and errors in ARM's shape. A provider that needs other parsers sets them in its own scope.
 * @param around what stands before and behind everything that is served
 * @param innerUrl where what was asked for really is
 */
export function createServer(
  certificate: ServerCertificate,
  log: (line: string) => void,
  around: (serve: RequestListener) => RequestListener = (serve) => serve,
  innerUrl: (url: string) => string = (url) => url,
): FastifyInstance {
  const { key, certificate: cert } = certificate;
  const app = Fastify({
    serverFactory: (serve) =>
      breakableConnections(createHttpsServer({ key, cert, keepAliveTimeout: 30_000 }, around(serve))),
    rewriteUrl: ({ url = '/' }) => innerUrl(withSingleSlashes(url)),
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 2048 },
    bodyLimit: 64 * 1024 * 1024,
    forceCloseConnections: true,
  }) as unknown as FastifyInstance;

  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(/^application\/([\w.-]+\+)?json/, { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, readJson(body as string));
    } catch (error) {
      const reason = messageOf(error);
      done(
        new ArmError(
          400,
          'InvalidRequestContent',
          `The request content was invalid and could not be deserialized: '${reason}'.`,
        ),
      );
    }
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
  // Some clients send an empty body with a type of their own.
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const asked = resourceTypeOf(path);
    // What is not served is told apart from what does not exist: a client takes the latter for a reason to create it.
    const code = asked ? 'InvalidResourceType' : 'EndpointNotFound';
    return reply
      .code(404)
      .send({ error: { code, message: `Local Azure does not serve '${request.method} ${path}'.` } });
  });
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ArmError) {
      const { code, message, details } = error;
      return reply.code(error.status).headers(error.headers).send({ error: { code, message, details } });
    }
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode && statusCode < 500) {
      return reply.code(statusCode).send({ error: { code: 'BadRequest', message, details: [] } });
    }
    // A defect of local Azure itself: said where its user looks, and in the answer only by its number.
    const id = randomUUID();
    log(`${request.method} ${request.url} failed (${id}): ${(error as Error).stack ?? message}`);
    return reply.code(500).send({
      error: { code: 'InternalServerError', message: `Local Azure failed; its log has more (${id}).`, details: [] },
    });
  });
  return app;
}
