import { generateKeyPairSync } from 'node:crypto';

export interface TestKey {
  /** PKCS 8 in PEM. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
}

/** A key that nobody has but this test. */
export function signingKey(kind: 'ec' | 'rsa' | 'ed25519' = 'ec'): TestKey {
  const pairs = {
    ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ed25519: () => generateKeyPairSync('ed25519'),
  };
  const { privateKey, publicKey } = pairs[kind]();
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}
