import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../context';
import type { LocalCredentials } from './credentials';
import { isCurrent, isSignedBy, parseToken } from './jsonWebToken';
import { usualLifetimeInSeconds, type TokenIssuer } from './tokenIssuer';

/** Whom the service connection's federation trusts, as Azure DevOps names it. */
export const federationSubject = `sc://local/quickstart/${localCloud.serviceConnectionName}`;

/** An error of the token endpoint, in Entra's shape. The first line of the message names the code. */
class EntraError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly code: number,
    message: string,
  ) {
    super(`AADSTS${code}: ${message}`);
  }
}

type Form = Record<string, string | undefined>;

/** Microsoft Entra: discovery, keys, client credentials by secret, certificate or federation; and Azure DevOps' OIDC tokens. */
export function registerEntra(
  app: FastifyInstance,
  context: LocalAzureContext,
  credentials: LocalCredentials,
  tokens: TokenIssuer,
): void {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof EntraError)) return reply.send(error);
    const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
    return reply.code(error.status).send({
      error: error.error,
      error_description: `${error.message} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id}`,
      error_codes: [error.code],
      timestamp: new Date().toISOString(),
      ...ids,
    });
  });

  app.get<{ Params: { tenant: string } }>('/:tenant/v2.0/.well-known/openid-configuration', async (request) => {
    checkTenant(request.params.tenant);
    const authority = `${context.url}/${localCloud.tenantId}`;
    return {
      issuer: tokens.issuer,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    };
  });

  app.get('/:tenant/discovery/v2.0/keys', async () => tokens.keys());

  app.post<{ Params: { tenant: string }; Body: Form }>('/:tenant/oauth2/v2.0/token', async (request) => {
    checkTenant(request.params.tenant);
    const form = request.body ?? {};
    if (form.grant_type !== 'client_credentials') {
      throw new EntraError(
        400,
        'unsupported_grant_type',
        70003,
        `The app requested an unsupported grant type '${form.grant_type}'.`,
      );
    }
    if (form.client_id !== localCloud.clientId) {
      throw new EntraError(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${form.client_id}' was not found in the directory 'Local Azure'.`,
      );
    }
    const scope = form.scope?.split(' ').find((name) => name.endsWith('/.default'));
    if (!scope) {
      throw new EntraError(400, 'invalid_scope', 1002012, `The provided value for scope ${form.scope} is not valid.`);
    }
    authenticate(form);
    const lifetime = tokenLifetime(context);
    return {
      token_type: 'Bearer',
      expires_in: lifetime,
      ext_expires_in: lifetime,
      access_token: tokens.accessToken(scope.slice(0, -'/.default'.length), localCloud.clientId, lifetime),
    };
  });

  // What the agent's SYSTEM_OIDCREQUESTURI points at.
  app.post<{ Querystring: { serviceConnectionId?: string } }>('/oidc/*', async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${credentials.systemAccessToken}`) {
      return reply.code(401).send({ message: 'TF400813: The user is not authorized to access this resource.' });
    }
    if (request.query.serviceConnectionId !== localCloud.serviceConnectionId) {
      return reply
        .code(404)
        .send({ message: `Service connection ${request.query.serviceConnectionId} was not found.` });
    }
    return { oidcToken: tokens.oidcToken(federationSubject) };
  });

  function checkTenant(tenant: string): void {
    if (tenant.toLowerCase() === localCloud.tenantId) return;
    throw new EntraError(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
  }

  function authenticate(form: Form): void {
    if (context.takeFault('entra.secretExpired')) {
      throw new EntraError(
        401,
        'invalid_client',
        7000222,
        `The provided client secret keys for app '${localCloud.clientId}' are expired.`,
      );
    }
    if (form.client_assertion) {
      const assertion = parseToken(form.client_assertion);
      const trusted =
        assertion?.claims.iss === localCloud.clientId
          ? isCurrent(assertion) && isSignedBy(assertion, credentials.certificate) && namesCertificate(assertion.header)
          : tokens.isOidcToken(form.client_assertion, federationSubject);
      if (trusted) return;
      throw new EntraError(401, 'invalid_client', 700027, 'The client assertion is not trusted, or expired.');
    }
    if (!form.client_secret) {
      throw new EntraError(
        401,
        'invalid_client',
        7000218,
        "The request body must contain the parameter 'client_assertion' or 'client_secret'.",
      );
    }
    if (form.client_secret !== credentials.clientSecret) {
      throw new EntraError(
        401,
        'invalid_client',
        7000215,
        `Invalid client secret provided for app '${localCloud.clientId}'.`,
      );
    }
  }

  function namesCertificate(header: { x5t?: string; 'x5t#S256'?: string }): boolean {
    const raw = new X509Certificate(credentials.certificate).raw;
    const thumbprint = (algorithm: string): string => createHash(algorithm).update(raw).digest('base64url');
    return header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1');
  }
}

/** Seconds; a test shortens it by the fault `entra.token` with {expiresInSeconds}. */
export function tokenLifetime(context: LocalAzureContext): number {
  const planned = context.takeFault('entra.token')?.expiresInSeconds;
  return typeof planned === 'number' ? planned : usualLifetimeInSeconds;
}
