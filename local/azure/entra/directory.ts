import { createHash, X509Certificate } from 'node:crypto';
import { localCloud, type LocalAzureContext } from '../context';
import type { LocalCredentials } from './credentials';
import { EntraError } from './entraError';
import { isCurrent, isSignedBy, parseToken } from './jsonWebToken';
import { usualLifetimeInSeconds, type TokenIssuer } from './tokenIssuer';

/** Whom the service connection's federation trusts, as Azure DevOps names it. */
export const federationSubject = `sc://local/quickstart/${localCloud.serviceConnectionName}`;

/** What a client sends to the token endpoint. */
export type TokenForm = Readonly<Record<string, string | undefined>>;

/** The directory of the local cloud: its one application, and who may have a token as it. */
export class Directory {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly credentials: LocalCredentials,
    private readonly tokens: TokenIssuer,
  ) {}

  openIdConfiguration(tenant: string) {
    checkTenant(tenant);
    const authority = `${this.context.url}/${localCloud.tenantId}`;
    return {
      issuer: this.tokens.issuer,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    };
  }

  keys() {
    return this.tokens.keys();
  }

  /** Client credentials, by secret, certificate or federation. */
  token(tenant: string, form: TokenForm) {
    checkTenant(tenant);
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
    this.authenticate(form);
    const lifetime = tokenLifetime(this.context);
    return {
      token_type: 'Bearer',
      expires_in: lifetime,
      ext_expires_in: lifetime,
      access_token: this.tokens.accessToken(scope.slice(0, -'/.default'.length), localCloud.clientId, lifetime),
    };
  }

  /** Azure DevOps' own token for its service connection, which the federation trusts. */
  oidcToken(): string {
    return this.tokens.oidcToken(federationSubject);
  }

  isSystemAccessToken(authorization: string | undefined): boolean {
    return authorization === `Bearer ${this.credentials.systemAccessToken}`;
  }

  private authenticate(form: TokenForm): void {
    const refuse = (code: number, message: string) => new EntraError(401, 'invalid_client', code, message);
    const app = `app '${localCloud.clientId}'`;
    if (this.context.takeFault('entra.secretExpired')) {
      throw refuse(7000222, `The provided client secret keys for ${app} are expired.`);
    }
    if (form.client_assertion) {
      if (this.isTrusted(form.client_assertion)) return;
      throw refuse(700027, 'The client assertion is not trusted, or expired.');
    }
    if (!form.client_secret) {
      throw refuse(7000218, "The request body must contain the parameter 'client_assertion' or 'client_secret'.");
    }
    if (form.client_secret !== this.credentials.clientSecret) {
      throw refuse(7000215, `Invalid client secret provided for ${app}.`);
    }
  }

  /** An assertion of the application itself, by its certificate, or of Azure DevOps. */
  private isTrusted(text: string): boolean {
    const assertion = parseToken(text);
    if (assertion?.claims.iss !== localCloud.clientId) return this.tokens.isOidcToken(text, federationSubject);
    const { certificate } = this.credentials;
    return isCurrent(assertion) && isSignedBy(assertion, certificate) && names(certificate, assertion.header);
  }
}

function checkTenant(tenant: string): void {
  if (tenant.toLowerCase() === localCloud.tenantId) return;
  throw new EntraError(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
}

/** Whether the header of a token names this certificate, by its thumbprint. */
function names(certificate: string, header: { x5t?: string; 'x5t#S256'?: string }): boolean {
  const { raw } = new X509Certificate(certificate);
  const thumbprint = (algorithm: string): string => createHash(algorithm).update(raw).digest('base64url');
  return header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1');
}

/** Seconds; a test shortens it by the fault `entra.token` with {expiresInSeconds}. */
export function tokenLifetime(context: LocalAzureContext): number {
  const planned = context.takeFault('entra.token')?.expiresInSeconds;
  return typeof planned === 'number' ? planned : usualLifetimeInSeconds;
}
