import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { algorithmOf, nameOfKey } from './publicKey';

/** A key that can sign, wherever it is. */
export interface Signer {
  /** How people are told of the key: its id in the vault, else its fingerprint. */
  readonly name: string;
  /** The id in its vault of the very version that signs. */
  readonly keyId?: string;
  readonly publicKey: KeyObject;
  /** Milliseconds by which the clock of who signs differs from ours; undefined where there is none but ours. */
  readonly clockOffset?: number;
  /** @returns a signature in the form of X.509 */
  sign(data: Buffer): Promise<Buffer>;
}

/** Signs by a key that is at hand. */
export function privateKeySigner(key: KeyObject): Signer {
  const publicKey = createPublicKey(key);
  const hash = algorithmOf(key) === 'EdDSA' ? null : 'sha256';
  return { name: nameOfKey(publicKey), publicKey, sign: async (data) => sign(hash, data, key) };
}
