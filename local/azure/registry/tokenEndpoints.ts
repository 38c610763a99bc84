import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Collection, LocalAzureContext } from '../context';
import { OciError } from './ociError';
import { grantedScopes } from './registryAccess';
import { loginServer, type RegistryAccount } from './registryAccounts';
import type { RegistryAuthorization } from './registryAuthorization';
import { parseScopes, type RegistryTokens } from './registryTokens';

type Form = Record<string, string | undefined>;

/** Tokens of which services a registry exchanges. Source: learn.microsoft.com, container-registry-disable-authentication-as-arm. */
const exchanged = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://containerregistry.azure.net',
];

/**
 * /oauth2/exchange (a token of Entra becomes a refresh token of the registry) and /oauth2/token (that, or a password,
 * becomes an access token for some scopes). Source: azure-specs containerregistry data-plane 2021-07-01, and the
 * distribution project's token specification for GET.
 */
export function registerTokenEndpoints(
  app: FastifyInstance,
  context: LocalAzureContext,
  authorization: RegistryAuthorization,
  tokens: RegistryTokens,
  accounts: Collection<RegistryAccount>,
  registryOf: (request: FastifyRequest) => string,
): void {
  const unauthorized = (): OciError =>
    new OciError(
      401,
      'UNAUTHORIZED',
      'authentication required, visit https://aka.ms/acr/authorization for more information.',
    );
  const server = (request: FastifyRequest): string => loginServer(registryOf(request), context.port);

  app.post<{ Body: Form }>('/oauth2/exchange', async (request) => {
    const form = request.body ?? {};
    if (form.grant_type !== 'access_token') {
      throw new OciError(400, 'UNSUPPORTED', `grant type ${form.grant_type ?? ''} is not supported`);
    }
    if (form.service !== server(request)) {
      throw new OciError(
        400,
        'INVALID_SERVICE',
        `service must be ${server(request)}, not ${form.service ?? 'missing'}`,
      );
    }
    if (!context.isTokenFor(form.access_token ?? '', exchanged)) throw unauthorized();
    return { refresh_token: tokens.refreshToken(server(request), 'principal') };
  });

  const accessToken = (request: FastifyRequest, subject: string | undefined, scope: string | string[] | undefined) => {
    if (!subject) throw unauthorized();
    const asked = parseScopes(Array.isArray(scope) ? scope.join(' ') : (scope ?? ''));
    const isPrincipal = subject.startsWith('principal');
    const scopes = isPrincipal ? grantedScopes(context, accounts.get(registryOf(request))!, asked) : asked;
    return { access_token: tokens.accessToken(server(request), subject, scopes) };
  };

  app.post<{ Body: Form }>('/oauth2/token', async (request) => {
    const form = request.body ?? {};
    const subject =
      form.grant_type === 'password'
        ? authorization.signIn(registryOf(request), form.username ?? '', form.password ?? '')
        : tokens.check(form.refresh_token ?? '', 'refresh', server(request))?.sub;
    return accessToken(request, subject, form.scope);
  });

  app.get<{ Querystring: { scope?: string | string[] } }>('/oauth2/token', async (request) => {
    const subject = authorization.signInByHeader(registryOf(request), request.headers.authorization);
    return accessToken(request, subject, request.query.scope);
  });
}
