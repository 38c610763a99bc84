import { constants, createECDH, privateEncrypt, publicDecrypt, randomBytes, type KeyObject } from 'node:crypto';

/**
 * Signatures of digests, which Node cannot make by itself: it signs what it has hashed, while a vault is only told the hash.
 * Source: RFC 8017, 8.2 (RSASSA-PKCS1-v1_5); FIPS 186-5, 6.4 (ECDSA).
 */
interface Signatures {
  sign(key: KeyObject, digest: Buffer): Buffer;
  verify(key: KeyObject, digest: Buffer, signature: Buffer): boolean;
}

/** The beginnings of a DigestInfo. Source: RFC 8017, 9.2, note 1. */
const digestInfo = { 256: '3031300d060960864801650304020105000420', 384: '3041300d060960864801650304020205000430', 512: '3051300d060960864801650304020305000440' }; // prettier-ignore

function rsa(bits: keyof typeof digestInfo): Signatures {
  const encoded = (digest: Buffer) => Buffer.concat([Buffer.from(digestInfo[bits], 'hex'), digest]);
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    sign: (key, digest) => privateEncrypt({ key, padding }, encoded(digest)),
    verify: (key, digest, signature) => {
      try {
        return publicDecrypt({ key, padding }, signature).equals(encoded(digest));
      } catch {
        return false;
      }
    },
  };
}

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);

function ecdsa(curve: string, size: number, order: bigint): Signatures {
  const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
  const modulo = (value: bigint) => ((value % order) + order) % order;
  /** The x coordinate of so many times the base point. */
  const xOf = (factor: bigint): bigint => {
    const point = createECDH(curve);
    point.setPrivateKey(toBytes(factor));
    return modulo(toNumber(point.getPublicKey().subarray(1, 1 + size)));
  };
  const secretOf = (key: KeyObject): bigint => toNumber(Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url'));
  return {
    sign: (key, digest) => {
      for (;;) {
        const k = modulo(toNumber(randomBytes(size + 8)));
        if (k === 0n) continue;
        const r = xOf(k);
        const s = modulo(inverse(k, order) * (toNumber(digest) + r * secretOf(key)));
        if (r !== 0n && s !== 0n) return Buffer.concat([toBytes(r), toBytes(s)]);
      }
    },
    // Who has the secret can find the k of a right signature, which spares the sum of two points.
    verify: (key, digest, signature) => {
      if (signature.length !== 2 * size) return false;
      const [r, s] = [toNumber(signature.subarray(0, size)), toNumber(signature.subarray(size))];
      if (r === 0n || s === 0n || r >= order || s >= order) return false;
      const k = modulo((toNumber(digest) + r * secretOf(key)) * inverse(s, order));
      return k !== 0n && xOf(k) === r;
    },
  };
}

/** By Euclid's algorithm; the order of a curve is a prime. */
function inverse(value: bigint, order: bigint): bigint {
  let [rest, next, factor, nextFactor] = [order, value, 0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % order) + order) % order;
}

export interface Algorithm {
  readonly kty: 'EC' | 'RSA';
  readonly crv?: string;
  /** Of the digest, in bytes. */
  readonly length: number;
  readonly signatures: Signatures;
}

/** Those that local Azure has of Key Vault's. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    length: 32,
    signatures: ecdsa('prime256v1', 32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n),
  },
  ES384: {
    kty: 'EC',
    crv: 'P-384',
    length: 48,
    signatures: ecdsa('secp384r1', 48, 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n), // prettier-ignore
  },
  RS256: { kty: 'RSA', length: 32, signatures: rsa(256) },
  RS384: { kty: 'RSA', length: 48, signatures: rsa(384) },
  RS512: { kty: 'RSA', length: 64, signatures: rsa(512) },
};
