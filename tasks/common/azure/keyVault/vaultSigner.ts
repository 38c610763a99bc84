import { createHash, randomBytes } from 'node:crypto';
import { algorithmOf, isSignatureOf } from '../../evidence/publicKey';
import type { Signer } from '../../evidence/signer';
import { TaskFailure } from '../../taskFailure';
import { keyIdText, type KeyId } from './keyId';
import type { KeyVault, VaultKey } from './keyVault';

/**
 * A key in a vault that signs, tried once: a role, a date or a permission that is missing shows now, and not when an image has
 * been built.
 * @param now our own clock's milliseconds
 * @throws TaskFailure that says why it cannot sign
 */
export async function vaultSigner(vault: KeyVault, wanted: KeyId, now: () => number): Promise<Signer> {
  const key = await vault.key(wanted);
  const { id, publicKey } = key;
  checkUse(key, now());
  // A vault has no keys of Ed25519.
  const algorithm = algorithmOf(publicKey) === 'ES256' ? 'ES256' : 'RS256';
  const sign = async (data: Buffer): Promise<Buffer> => {
    const signature = await vault.sign(id, algorithm, createHash('sha256').update(data).digest());
    const inOrder = algorithm === 'ES256' ? derOf(signature) : signature;
    if (isSignatureOf(publicKey, data, inOrder)) return inOrder;
    throw new TaskFailure(`What the vault gave as a signature of ${keyIdText(id)} is none by that key.`, 'Run the job again.'); // prettier-ignore
  };
  // Nobody can take it for a signed statement.
  await sign(randomBytes(32));
  const clockOffset = key.now === undefined ? undefined : key.now - now();
  return { name: keyIdText(id), keyId: keyIdText(id), publicKey, clockOffset, sign };
}

/** By the vault's own clock, where it says what it shows. */
function checkUse({ id, enabled, mayDo, notBefore, expires, now: vaults }: VaultKey, ours: number): void {
  const now = vaults ?? ours;
  const date = (time: number): string => new Date(time).toISOString();
  const key = `The key ${keyIdText(id)}`;
  const use = 'Enable it, set its dates, or name another version.';
  if (!enabled) throw new TaskFailure(`${key} is disabled.`, use);
  if (notBefore !== undefined && now < notBefore) {
    throw new TaskFailure(`${key} is not valid before ${date(notBefore)}; the vault's clock says ${date(now)}.`, use);
  }
  if (expires !== undefined && now >= expires) throw new TaskFailure(`${key} expired at ${date(expires)}.`, use);
  if (!mayDo.includes('sign')) {
    throw new TaskFailure(
      `${key} may not sign: its permitted operations are ${mayDo.join(', ') || 'none'}.`,
      'Make one that may: az keyvault key create --kty EC --curve P-256 --ops sign verify.',
    );
  }
}

/** Both numbers of an ECDSA signature as ASN.1 writes them. Source: RFC 3279, 2.2.3; RFC 7518, 3.4. */
export function derOf(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const integer = (bytes: Buffer): Buffer => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const digits = bytes.subarray(start);
    // A first bit of one would make the number negative.
    const positive = digits[0]! & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
    return Buffer.concat([Buffer.of(2, positive.length), positive]);
  };
  const content = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}
