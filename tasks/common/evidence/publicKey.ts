import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/**
 * How a key of its kind signs: those that cosign takes without being told of another hash. JOSE's names, which Key Vault uses
 * too. Source: sigstore/sigstore, signature.LoadVerifier with SHA-256.
 */
export type SignatureAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

export const keyKinds = 'EC P-256, RSA of at least 2048 bits, or Ed25519';

/** @returns undefined for a key of another kind */
export function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm | undefined {
  switch (asymmetricKeyType) {
    case 'ec':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? 'RS256' : undefined;
    case 'ed25519':
      return 'EdDSA';
    default:
      return undefined;
  }
}

/** @param signature in the form of X.509: that of ECDSA in DER */
export function isSignatureOf(key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const algorithm = algorithmOf(key);
  if (!algorithm) return false;
  try {
    return verify(algorithm === 'EdDSA' ? null : 'sha256', data, key, signature);
  } catch {
    // Bytes that are no signature at all.
    return false;
  }
}

/** SHA-256 of the public key (its SubjectPublicKeyInfo in DER), which tells keys apart. */
export function fingerprint(key: KeyObject): Buffer {
  const { type } = key;
  const der = (type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest();
}

/** A key as people are told of it. */
export const nameOfKey = (key: KeyObject): string => `sha256:${fingerprint(key).toString('hex')}`;
