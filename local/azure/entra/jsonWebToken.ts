import { constants, sign, verify, type KeyLike } from 'node:crypto';

export interface JsonWebToken {
  header: { alg?: string; kid?: string; x5t?: string; 'x5t#S256'?: string };
  claims: Record<string, unknown>;
  /** What the signature is over. */
  signed: string;
  signature: Buffer;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs claims with RS256, as Entra does. */
export function signToken(claims: Record<string, unknown>, key: KeyLike, keyId: string): string {
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: keyId })}.${encode(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

/** Takes a token apart; undefined if it is none. Nothing of it is trusted before `isSignedBy`. */
export function parseToken(token: string): JsonWebToken | undefined {
  const [header, claims, signature, ...rest] = token.split('.');
  if (!header || !claims || !signature || rest.length > 0) return undefined;
  try {
    return {
      header: JSON.parse(Buffer.from(header, 'base64url').toString()) as JsonWebToken['header'],
      claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined;
  }
}

/** RS256, or PS256 as MSAL signs its certificate assertions. */
export function isSignedBy(token: JsonWebToken, key: KeyLike): boolean {
  const data = Buffer.from(token.signed);
  switch (token.header.alg) {
    case 'RS256':
      return verify('RSA-SHA256', data, key, token.signature);
    case 'PS256':
      return verify(
        'RSA-SHA256',
        data,
        { key: key as string, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        token.signature,
      );
    default:
      return false;
  }
}

/** Whether `exp` (seconds since 1970) lies ahead. */
export function isCurrent(token: JsonWebToken): boolean {
  return typeof token.claims.exp === 'number' && token.claims.exp * 1000 > Date.now();
}
