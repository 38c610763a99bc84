import type { KeyObject } from 'node:crypto';
import { keyIdForm, keyIdText, parseKeyId, type KeyId } from '../azure/keyVault/keyId';
import { KeyVault } from '../azure/keyVault/keyVault';
import { vaultSigner } from '../azure/keyVault/vaultSigner';
import type { AzureSession } from '../azure/http/session';
import type { InputReader } from '../task/inputReader';
import type { TaskContext } from '../task/taskContext';
import { readPrivateKey } from './pem';
import { privateKeySigner, type Signer } from './signer';

/** The key to sign with. */
export type SigningKey =
  { readonly kind: 'keyVault'; readonly id: KeyId } | { readonly kind: 'privateKey'; readonly key: KeyObject };

/** Reads signWith and the input that belongs to it; undefined where nothing is signed. */
export function readSigningKey(reader: InputReader): SigningKey | undefined {
  switch (reader.choice('signWith', ['none', 'keyVault', 'privateKey'])) {
    case 'none':
      return undefined;
    case 'keyVault': {
      const text = reader.required('keyVaultKey');
      const id = parseKeyId(text);
      if (text !== '' && !id) {
        reader.problem('keyVaultKey', `"${text}" is not the identifier of a key: ${keyIdForm}.`);
      }
      return id && { kind: 'keyVault', id };
    }
    case 'privateKey': {
      const secret = reader.secretText('privateKey');
      if (!secret) {
        reader.problem('privateKey', 'it is required when signWith is "privateKey". Give a secret variable or the path of a secure file.'); // prettier-ignore
        return undefined;
      }
      const read = readPrivateKey(secret.reveal());
      if ('key' in read) return { kind: 'privateKey', key: read.key };
      reader.problem('privateKey', read.problem);
      return undefined;
    }
  }
}

/**
 * The key at work.
 * @throws TaskFailure where a key in a vault cannot sign
 */
export async function openSigner(
  wanted: SigningKey,
  session: AzureSession,
  { clock, log, signal }: Pick<TaskContext, 'clock' | 'log' | 'signal'>,
): Promise<Signer> {
  if (wanted.kind === 'privateKey') return privateKeySigner(wanted.key);
  const signer = await vaultSigner(new KeyVault(session, signal), wanted.id, () => clock.now());
  const { clockOffset = 0 } = signer;
  if (Math.abs(clockOffset) > 60_000) {
    const by = `${Math.round(Math.abs(clockOffset) / 60_000)} minutes ${clockOffset < 0 ? 'ahead of' : 'behind'}`;
    log.warning(`This agent's clock is ${by} that of the vault; what is signed carries the vault's time.`);
  }
  log.debug(`Signing with ${keyIdText(wanted.id)} is permitted.`);
  return signer;
}

/** The time that a statement carries: the vault's, where the key is in one. */
export const signingTime = ({ clockOffset = 0 }: Signer, now: number): number => now + clockOffset;
