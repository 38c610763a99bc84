import type { KeyObject } from 'node:crypto';
import { isAzureFailure } from '../azure/http/azureFailure';
import { isVersionOf, keyIdText, parseKeyId, type KeyId } from '../azure/keyVault/keyId';
import type { KeyUse } from '../azure/keyVault/keyRoles';
import type { AzureSession } from '../azure/http/session';
import { UnusableKey, KeyVault, type VaultKey } from '../azure/keyVault/keyVault';
import { nameOfKey } from './publicKey';

/** A key whose statements count: one at hand, or one in a vault; without a version, any version of that. */
export type TrustedKey =
  { readonly kind: 'publicKey'; readonly key: KeyObject } | { readonly kind: 'keyVault'; readonly id: KeyId };

/** Those of the trusted keys that a vault is asked for. */
export function verifying(session: AzureSession, keys: readonly TrustedKey[] = []): KeyUse[] {
  return keys.flatMap((each) => {
    if (each.kind !== 'keyVault') return [];
    const { id } = each;
    return [{ id, use: 'verify', attempt: (signal) => new KeyVault(session, signal).key(id) }];
  });
}

/** A key to check a signature by. */
export interface KnownKey {
  readonly name: string;
  readonly publicKey: KeyObject;
  /** Why what it signed at that time, in milliseconds, does not count; undefined where it does. */
  problemAt(time: number): string | undefined;
}

/** The keys by which a statement may be signed. */
export interface Candidates {
  readonly keys: readonly KnownKey[];
  /** Why the key that it names is not among them, in words that follow its digest. */
  readonly problem?: string;
}

/** Looks up public keys, those in vaults once each. */
export class TrustedKeys {
  private readonly known = new Map<string, Promise<KnownKey | string>>();

  constructor(
    private readonly trusted: readonly TrustedKey[],
    private readonly vault: Pick<KeyVault, 'key'>,
  ) {}

  /**
   * The trusted keys that may have signed a statement.
   * @param hint of the statement, which anybody may have written: it chooses among the versions of a trusted key
   * @throws TaskFailure where a vault cannot be asked, or the key that is trusted is not one that signs
   */
  async candidates(hint: string | undefined): Promise<Candidates> {
    const hinted = hint ? parseKeyId(hint) : undefined;
    const isFollowed = (id: KeyId) => hinted && mayBeVersion.test(hinted.version ?? '') && isVersionOf(hinted, id);
    const all = await Promise.all(
      this.trusted.map(async (each) => {
        if (each.kind === 'publicKey') return knownKey(each.key);
        // The one version that an input names needs no hint.
        return this.inVault(!each.id.version && isFollowed(each.id) ? hinted! : each.id, each.id);
      }),
    );
    return {
      keys: all.filter((each) => typeof each !== 'string'),
      problem: all.find((each) => typeof each === 'string'),
    };
  }

  private inVault(id: KeyId, named: KeyId): Promise<KnownKey | string> {
    const text = keyIdText(id);
    const found =
      this.known.get(text) ??
      this.vault.key(id).then(knownVaultKey, (error: unknown) => {
        // What a hint names may be gone or switched off, and nobody must stop a release by it; what an input names must be there.
        const problem = id === named ? undefined : whyUnusable(error);
        if (problem === undefined) throw error;
        return `names the key ${text}, which ${problem}`;
      });
    this.known.set(text, found);
    return found;
  }
}

/** Vaults name the versions of keys so, and answer to any other that the request is wrong. */
const mayBeVersion = /^[0-9a-f]{32}$/;

/** @returns undefined where it says nothing about the key */
function whyUnusable(error: unknown): string | undefined {
  if (isAzureFailure(error, 404)) return 'is not in the vault';
  if (isAzureFailure(error, 400)) return 'is not one that the vault can have';
  if (isAzureFailure(error, 403) && /disabled/i.test(error.serviceMessage)) {
    return 'is disabled in the vault';
  }
  return error instanceof UnusableKey ? 'is not one that signs' : undefined;
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
