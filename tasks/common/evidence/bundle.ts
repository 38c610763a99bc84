import type { KeyObject } from 'node:crypto';
import type { Envelope } from './envelope';
import { fingerprint } from './publicKey';

/** The form in which cosign 3 attaches statements to an image and reads them. Source: sigstore/protobuf-specs, bundle v0.3. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The envelope with a hint at the key, as cosign writes one that is signed by a key instead of a certificate. */
export function bundleOf(envelope: Envelope, key: KeyObject): Buffer {
  return Buffer.from(
    JSON.stringify({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: fingerprint(key).toString('base64') } },
      dsseEnvelope: envelope,
    }),
  );
}

/** @returns undefined where the bytes hold no signed envelope */
export function readBundle(bytes: Buffer): Envelope | undefined {
  let bundle: { dsseEnvelope?: Partial<Envelope> } | null;
  try {
    bundle = JSON.parse(bytes.toString('utf8')) as typeof bundle;
  } catch {
    return undefined;
  }
  const { payload, payloadType, signatures } = bundle?.dsseEnvelope ?? {};
  const isRight =
    typeof payload === 'string' &&
    typeof payloadType === 'string' &&
    Array.isArray(signatures) &&
    signatures.every((each: unknown) => typeof (each as { sig?: unknown } | null)?.sig === 'string');
  return isRight ? { payload, payloadType, signatures } : undefined;
}
