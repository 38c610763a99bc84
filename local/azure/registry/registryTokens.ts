import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { LocalAzureContext } from '../context';

/** What a token lets its bearer do with one resource, as the distribution specification's scopes say. */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

export interface RegistryToken {
  kind: 'refresh' | 'access';
  /** The login server it is for. */
  aud: string;
  /** Whom it stands for: the admin user, a principal, an identity, or a service of the local cloud. */
  sub: string;
  /** Seconds since 1970. */
  exp: number;
  access?: Access[];
}

/** "repository:model:pull,push registry:catalog:*" as its parts. Names may hold colons (a host with a port). */
export function parseScopes(scopes: string): Access[] {
  return scopes
    .split(' ')
    .filter(Boolean)
    .map((scope) => {
      const first = scope.indexOf(':');
      const last = scope.lastIndexOf(':');
      return {
        type: scope.slice(0, first),
        name: scope.slice(first + 1, last),
        actions: scope.slice(last + 1).split(','),
      };
    });
}

/** Issues and checks the registry's own tokens, JWTs signed with a key that is kept so that they outlive a restart. */
export class RegistryTokens {
  private readonly key: Buffer;

  constructor(context: LocalAzureContext) {
    const secrets = context.collection<string>('registrySecrets');
    if (!secrets.get('tokenKey')) secrets.put('tokenKey', randomBytes(32).toString('base64'));
    this.key = Buffer.from(secrets.get('tokenKey') as string, 'base64');
  }

  /** 3 hours, as ACR's. */
  refreshToken(loginServer: string, subject: string): string {
    return this.sign({ kind: 'refresh', aud: loginServer, sub: subject, exp: inSeconds(3 * 3600) });
  }

  /** 75 minutes, as ACR's. */
  accessToken(loginServer: string, subject: string, access: Access[]): string {
    return this.sign({ kind: 'access', aud: loginServer, sub: subject, exp: inSeconds(75 * 60), access });
  }

  /** Undefined unless it is a valid token of that kind for that login server. */
  check(token: string, kind: RegistryToken['kind'], loginServer: string): RegistryToken | undefined {
    const [header, claims, signature] = token.split('.');
    if (!header || !claims || !signature) return undefined;
    const expected = this.signature(`${header}.${claims}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as RegistryToken;
    return parsed.kind === kind && parsed.aud === loginServer && parsed.exp > inSeconds(0) ? parsed : undefined;
  }

  private sign(claims: RegistryToken): string {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${signed}.${this.signature(signed).toString('base64url')}`;
  }

  private signature(signed: string): Buffer {
    return createHmac('sha256', this.key).update(signed).digest();
  }
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
