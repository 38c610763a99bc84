import type { KeyObject } from 'node:crypto';
import { isAzureFailure } from '../azure/http/azureFailure';
import { isVersionOf, keyIdText, parseKeyId, type KeyId } from '../azure/keyVault/keyId';
import type { KeyVault, VaultKey } from '../azure/keyVault/keyVault';
import { nameOfKey } from './publicKey';

/** A key whose statements count: one at hand, or one in a vault; without a version, any version of that. */
export type TrustedKey =
  { readonly kind: 'publicKey'; readonly key: KeyObject } | { readonly kind: 'keyVault'; readonly id: KeyId };

/** A key to check a signature by. */
export interface KnownKey {
  readonly name: string;
  readonly publicKey: KeyObject;
  /** Why what it signed at that time, in milliseconds, does not count; undefined where it does. */
  problemAt(time: number): string | undefined;
}

/** Looks up public keys, those in vaults once each. */
export class TrustedKeys {
  private readonly known = new Map<string, Promise<KnownKey | undefined>>();

  constructor(
    private readonly trusted: readonly TrustedKey[],
    private readonly vault: Pick<KeyVault, 'key'>,
  ) {}

  /**
   * The trusted keys that may have signed a statement.
   * @param hint of the statement, which anybody may have written: it chooses among the versions of a trusted key
   * @throws TaskFailure where a vault cannot be asked
   */
  async candidates(hint: string | undefined): Promise<KnownKey[]> {
    const hinted = hint ? parseKeyId(hint) : undefined;
    const all = await Promise.all(
      this.trusted.map(async (each) => {
        if (each.kind === 'publicKey') return knownKey(each.key);
        return this.inVault(hinted && isVersionOf(hinted, each.id) ? hinted : each.id, each.id);
      }),
    );
    return all.filter((each) => each !== undefined);
  }

  private inVault(id: KeyId, named: KeyId): Promise<KnownKey | undefined> {
    const text = keyIdText(id);
    const found =
      this.known.get(text) ??
      this.vault.key(id).then(knownVaultKey, (error: unknown) => {
        // What a hint names need not be there; what an input names must.
        if (id !== named && isAzureFailure(error, 404)) return undefined;
        throw error;
      });
    this.known.set(text, found);
    return found;
  }
}

const knownKey = (publicKey: KeyObject): KnownKey => ({
  name: nameOfKey(publicKey),
  publicKey,
  problemAt: () => undefined,
});

function knownVaultKey({ id, publicKey, enabled, notBefore, expires }: VaultKey): KnownKey {
  const date = (time: number): string => new Date(time).toISOString();
  const problemAt = (time: number): string | undefined => {
    if (!enabled) return 'its key is disabled in the vault';
    if (notBefore !== undefined && time < notBefore) return `its key is not valid before ${date(notBefore)}`;
    if (expires !== undefined && time >= expires) return `its key had expired at ${date(expires)}`;
    return undefined;
  };
  return { name: keyIdText(id), publicKey, problemAt };
}
