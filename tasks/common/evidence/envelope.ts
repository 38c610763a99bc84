import type { KeyObject } from 'node:crypto';
import { isSignatureOf } from './publicKey';
import type { Signer } from './signer';
import { readStatement, type Statement } from './statement';

/** A signed text. Source: secure-systems-lab/dsse, envelope.md. */
export interface Envelope {
  /** Base64, as are signatures. */
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: ReadonlyArray<{ readonly sig: string }>;
}

const inToto = 'application/vnd.in-toto+json';

/** What is signed: type and text with their lengths, so that neither passes for the other. Source: dsse, protocol.md. */
export function preAuthenticationEncoding(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload]);
}

export async function seal(statement: Statement, signer: Signer): Promise<Envelope> {
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = await signer.sign(preAuthenticationEncoding(inToto, payload));
  return {
    payload: payload.toString('base64'),
    payloadType: inToto,
    signatures: [{ sig: signature.toString('base64') }],
  };
}

/** @returns undefined where the key has not signed this, or it is not an in-toto statement */
export function open({ payload, payloadType, signatures }: Envelope, key: KeyObject): Statement | undefined {
  if (payloadType !== inToto) return undefined;
  const text = Buffer.from(payload, 'base64');
  const signed = preAuthenticationEncoding(payloadType, text);
  // As the verifiers of Sigstore, which read only one signature.
  const [first, ...more] = signatures;
  if (!first || more.length > 0 || !isSignatureOf(key, signed, Buffer.from(first.sig, 'base64'))) return undefined;
  return readStatement(text.toString('utf8'));
}
