import { createPrivateKey, createPublicKey, randomUUID, type JsonWebKey } from 'node:crypto';
import { localCloud } from '../context';
import { isCurrent, isSignedBy, parseToken, signToken } from './jsonWebToken';

/** Entra's own lifetime of a token without continuous access evaluation. */
export const usualLifetimeInSeconds = 3599;
const keyId = 'local-azure';

export type TokenCheck = 'valid' | 'expired' | 'otherTenant' | 'invalid';

/** Signs and checks the tokens of the local cloud. Tokens stay valid across a restart, as the key is kept. */
export class TokenIssuer {
  private readonly privateKey;
  private readonly publicKey;

  constructor(
    /** https://localhost:port */
    private readonly url: string,
    signingKey: string,
  ) {
    this.privateKey = createPrivateKey(signingKey);
    this.publicKey = createPublicKey(signingKey);
  }

  get issuer(): string {
    return `${this.url}/${localCloud.tenantId}/v2.0`;
  }

  get oidcIssuer(): string {
    return `${this.url}/oidc`;
  }

  /** audience e.g. https://management.azure.com; subject the principal or the run that acts. */
  accessToken(audience: string, subject: string, lifetimeInSeconds: number): string {
    return this.sign({ iss: this.issuer, aud: audience, tid: localCloud.tenantId, sub: subject }, lifetimeInSeconds);
  }

  /** The token with which Azure DevOps vouches for a service connection. */
  oidcToken(subject: string): string {
    return this.sign({ iss: this.oidcIssuer, aud: 'api://AzureADTokenExchange', sub: subject }, 600);
  }

  checkAccessToken(token: string): TokenCheck {
    const tenant = parseToken(token)?.claims.tid;
    // Entra signs for all tenants; here no other one's signature can be checked, and none is let in.
    if (typeof tenant === 'string' && tenant !== localCloud.tenantId) return 'otherTenant';
    return this.check(token, this.issuer);
  }

  /** The tenant that a token says it is of. */
  tenantOf(token: string): string {
    return String(parseToken(token)?.claims.tid);
  }

  /** When a token ends. */
  expiryOf(token: string): Date {
    return new Date(Number(parseToken(token)?.claims.exp) * 1000);
  }

  /** Whom a valid token was issued for, without a slash at the end. */
  audienceOf(token: string): string {
    return String(parseToken(token)?.claims.aud).replace(/\/+$/, '');
  }

  /** Whom a token stands for, be it valid or not. */
  subjectOf(token: string): string | undefined {
    const subject = parseToken(token)?.claims.sub;
    return typeof subject === 'string' ? subject : undefined;
  }

  isOidcToken(token: string, subject: string): boolean {
    return this.check(token, this.oidcIssuer) === 'valid' && parseToken(token)?.claims.sub === subject;
  }

  keys(): { keys: JsonWebKey[] } {
    return { keys: [{ ...this.publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }] };
  }

  private check(token: string, issuer: string): TokenCheck {
    const parsed = parseToken(token);
    if (!parsed || !isSignedBy(parsed, this.publicKey) || parsed.claims.iss !== issuer) return 'invalid';
    return isCurrent(parsed) ? 'valid' : 'expired';
  }

  private sign(claims: Record<string, unknown>, lifetimeInSeconds: number): string {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + lifetimeInSeconds };
    return signToken({ ...claims, ...times, uti: randomUUID() }, this.privateKey, keyId);
  }
}
