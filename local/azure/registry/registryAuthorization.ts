import { timingSafeEqual } from 'node:crypto';
import type { Collection, LocalAzureContext } from '../context';
import { OciError } from './ociError';
import { loginServer, type RegistryAccount } from './registryAccounts';
import type { Access, RegistryToken, RegistryTokens } from './registryTokens';

/** With which a refresh token is handed over as a password, as `az acr login` does. */
const tokenUser = '00000000-0000-0000-0000-000000000000';

/** Who may do what on the registries' data plane. There is no anonymous pull. */
export class RegistryAuthorization {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly accounts: Collection<RegistryAccount>,
    private readonly tokens: RegistryTokens,
    private readonly isServicePrincipal: (id: string, secret: string) => boolean,
  ) {}

  /**
   * The subject that user name and password stand for: a refresh token's, a service principal's by its id and secret, or the
   * admin user's where he is switched on; undefined if they are wrong. Source: container-registry-auth-aci.
   */
  signIn(registry: string, username: string, password: string): string | undefined {
    const server = loginServer(registry, this.context.port);
    if (username === tokenUser) return this.tokens.check(password, 'refresh', server)?.sub;
    if (this.isServicePrincipal(username, password)) return `principal:${username}`;
    const account = this.accounts.get(registry);
    if (!account?.adminUserEnabled || username.toLowerCase() !== account.name.toLowerCase()) return undefined;
    return account.passwords.some((known) => isSame(known, password)) ? `admin:${account.name}` : undefined;
  }

  /** As `signIn`, of an `Authorization: Basic` header. */
  signInByHeader(registry: string, header: string | undefined): string | undefined {
    const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1];
    if (!encoded) return undefined;
    const decoded = Buffer.from(encoded, 'base64').toString();
    const colon = decoded.indexOf(':');
    return this.signIn(registry, decoded.slice(0, colon), decoded.slice(colon + 1));
  }

  allows(registry: string, header: string | undefined, needed: Access): boolean {
    if (this.signInByHeader(registry, header)) return true;
    const token = this.tokenOf(registry, header);
    if (token && needed.actions.length === 0) return true;
    return (token?.access ?? []).some(
      (access) =>
        access.type === needed.type &&
        access.name === needed.name &&
        needed.actions.every((action) => access.actions.includes(action) || access.actions.includes('*')),
    );
  }

  /** Throws the challenge that tells a client where to get a token, unless the request carries one that allows the access. */
  check(registry: string, header: string | undefined, needed: Access): void {
    if (this.allows(registry, header, needed)) return;
    const server = loginServer(registry, this.context.port);
    const bearer = bearerOf(header);
    const token = this.tokenOf(registry, header);
    const scope = needed.actions.length > 0 ? `,scope="${needed.type}:${needed.name}:${needed.actions.join(',')}"` : '';
    const error = token ? ',error="insufficient_scope"' : bearer ? ',error="invalid_token"' : '';
    throw new OciError(
      401,
      'UNAUTHORIZED',
      'authentication required, visit https://aka.ms/acr/authorization for more information.',
      needed.actions.map((action) => ({ Type: needed.type, Class: '', Name: needed.name, Action: action })),
      { 'www-authenticate': `Bearer realm="https://${server}/oauth2/token",service="${server}"${scope}${error}` },
    );
  }

  private tokenOf(registry: string, header: string | undefined): RegistryToken | undefined {
    return this.tokens.check(bearerOf(header) ?? '', 'access', loginServer(registry, this.context.port));
  }
}

const bearerOf = (header: string | undefined): string | undefined => /^Bearer (.+)$/i.exec(header ?? '')?.[1];

/** Takes as long whatever they have in common. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
