import { azCommand } from '../rights/azCommand';
import { assignment, objectIdOf, type MissingRole, type TriedRole } from '../rights/neededRole';
import { keyIdText, type KeyId } from './keyId';
import { KeyRoleMissing, vaultName } from './keyRefusal';

/** A key in a vault, and what it is used for. */
export interface KeyUse {
  readonly id: KeyId;
  readonly use: 'sign' | 'verify';
  /** As of NeededRole. */
  readonly canWait?: boolean;
  /** Uses it so. */
  readonly attempt: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * The roles on keys, of each vault at once. A key's identifier does not tell where in Azure its vault is, so that they show only by a
 * try: the vault's refusal names it. Who may sign with a key may read it, too.
 */
export function keyRoles(uses: readonly KeyUse[]): TriedRole[] {
  const signs = new Set(uses.filter(({ use, canWait }) => use === 'sign' && !canWait).map(({ id }) => keyIdText(id)));
  const tried = uses.filter(({ id, use }) => use === 'sign' || !signs.has(keyIdText(id)));
  const vaults = new Set(tried.map(({ id }) => id.vault));
  return [...vaults].map((vault) => {
    const ofVault = tried.filter(({ id }) => id.vault === vault);
    return { missing: (signal) => missingInVault(ofVault, signal) };
  });
}

interface Refused extends KeyUse {
  readonly refusal: KeyRoleMissing;
}

async function missingInVault(uses: readonly KeyUse[], signal: AbortSignal): Promise<MissingRole | undefined> {
  const others: unknown[] = [];
  const tries = uses.map(async (each): Promise<Refused[]> => {
    try {
      await each.attempt(signal);
    } catch (error) {
      if (error instanceof KeyRoleMissing) return [{ ...each, refusal: error }];
      others.push(error);
    }
    return [];
  });
  const refused = (await Promise.all(tries)).flat();
  if (refused.length > 0) return toGrant(refused, uses);
  // What else went wrong says nothing of roles.
  if (others.length > 0) throw others[0];
  return undefined;
}

/** @param uses all of the vault: the command for its access policies replaces what was granted there before */
function toGrant(refused: readonly Refused[], uses: readonly KeyUse[]): MissingRole {
  const name = vaultName(refused[0]!.id);
  const purpose = [...new Set(refused.map(({ use, id }) => `to ${use} with the key ${id.name}`))].join(' and ');
  const canWait = refused.every((each) => each.canWait);
  const signs = (all: readonly KeyUse[]): boolean => all.some(({ use }) => use === 'sign');
  const vaultId = refused.map(({ refusal }) => refusal.vaultId).find((each) => each !== undefined);
  if (vaultId) {
    const role = signs(refused) ? 'Key Vault Crypto User' : 'Key Vault Reader';
    return {
      what: `${role} on the key vault ${name}`,
      purpose,
      canWait,
      grant: (principal) => assignment(principal, role, vaultId),
    };
  }
  const permissions = signs(uses) ? 'get sign' : 'get';
  return {
    what: `Key permissions in the key vault ${name}: ${permissions}`,
    purpose: `${purpose} (with those that the identity already has: the command replaces them)`,
    canWait,
    grant: (principal) => {
      const toVault = azCommand`keyvault set-policy --name ${name}`;
      return toVault && `${toVault} --object-id ${objectIdOf(principal)} --key-permissions ${permissions}`;
    },
  };
}
