import type { Collection, LocalAzureContext } from '../context';
import { OciError } from './ociError';
import { grantedScopes } from './registryAccess';
import { loginServer, type RegistryAccount } from './registryAccounts';
import type { RegistryAuthorization } from './registryAuthorization';
import { parseScopes, type RegistryTokens } from './registryTokens';

/** The fields of a form, as they were sent. */
export type Form = Readonly<Record<string, string | undefined>>;

/** Tokens of which services a registry exchanges. Source: learn.microsoft.com, container-registry-disable-authentication-as-arm. */
const exchanged = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://containerregistry.azure.net',
];

/**
 * Trades tokens: one of Entra becomes a refresh token of the registry, and that, or a password, an access token for some scopes.
 * Source: azure-specs containerregistry data-plane 2021-07-01.
 */
export class TokenExchange {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly authorization: RegistryAuthorization,
    private readonly tokens: RegistryTokens,
    private readonly accounts: Collection<RegistryAccount>,
  ) {}

  /** @throws OciError where the registry does not take what was sent */
  refreshToken(registry: string, form: Form): string {
    const server = this.serverOf(registry);
    if (form.grant_type !== 'access_token') {
      throw new OciError(400, 'UNSUPPORTED', `grant type ${form.grant_type ?? ''} is not supported`);
    }
    if (form.service !== server) {
      throw new OciError(400, 'INVALID_SERVICE', `service must be ${server}, not ${form.service ?? 'missing'}`);
    }
    if (!this.context.isTokenFor(form.access_token ?? '', exchanged)) throw unauthorized();
    return this.tokens.refreshToken(server, 'principal');
  }

  /** By a form: a refresh token, or a name and a password. @throws OciError */
  accessToken(registry: string, form: Form): string {
    const subject =
      form.grant_type === 'password'
        ? this.authorization.signIn(registry, form.username ?? '', form.password ?? '')
        : this.tokens.check(form.refresh_token ?? '', 'refresh', this.serverOf(registry))?.sub;
    return this.accessTokenOf(registry, subject, form.scope ?? '');
  }

  /** By a header, as the distribution project's token specification has it. @throws OciError */
  accessTokenByHeader(registry: string, header: string | undefined, scopes: readonly string[]): string {
    return this.accessTokenOf(registry, this.authorization.signInByHeader(registry, header), scopes.join(' '));
  }

  private accessTokenOf(registry: string, subject: string | undefined, scopes: string): string {
    if (!subject) throw unauthorized();
    const asked = parseScopes(scopes);
    const isPrincipal = subject.startsWith('principal');
    const granted = isPrincipal ? grantedScopes(this.context, this.accounts.get(registry)!, asked) : asked;
    return this.tokens.accessToken(this.serverOf(registry), subject, granted);
  }

  private serverOf(registry: string): string {
    return loginServer(registry, this.context.port);
  }
}

const unauthorized = (): OciError =>
  new OciError(
    401,
    'UNAUTHORIZED',
    'authentication required, visit https://aka.ms/acr/authorization for more information.',
  );
