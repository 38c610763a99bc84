import { assignment, objectIdOf, type MissingRole, type TriedRole } from '../rights/neededRole';
import { keyIdText, type KeyId } from './keyId';
import { KeyRoleMissing, vaultName } from './keyRefusal';

/** A key in a vault, and what it is used for. */
export interface KeyUse {
  readonly id: KeyId;
  readonly use: 'sign' | 'verify';
  /** Uses it so. */
  readonly attempt: () => Promise<unknown>;
}

/**
 * The roles on keys. A key's identifier does not tell where in Azure its vault is, so that they show only by a try: the vault's
 * refusal names it. Who may sign with a key may read it, too.
 */
export function keyRoles(uses: readonly KeyUse[]): TriedRole[] {
  const signs = new Set(uses.filter(({ use }) => use === 'sign').map(({ id }) => keyIdText(id)));
  return uses
    .filter(({ id, use }) => use === 'sign' || !signs.has(keyIdText(id)))
    .map((each) => ({ missing: () => missingKeyRole(each) }));
}

async function missingKeyRole({ id, use, attempt }: KeyUse): Promise<MissingRole | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof KeyRoleMissing) return toGrant(error, id, use);
    throw error;
  }
}

function toGrant({ vaultId }: KeyRoleMissing, id: KeyId, use: KeyUse['use']): MissingRole {
  const name = vaultName(id);
  const purpose = `to ${use} with the key ${id.name}`;
  if (vaultId) {
    const role = use === 'sign' ? 'Key Vault Crypto User' : 'Key Vault Reader';
    return {
      what: `${role} on the key vault ${name}`,
      purpose,
      grant: (principal) => assignment(principal, role, vaultId),
    };
  }
  const permissions = use === 'sign' ? 'get sign' : 'get';
  return {
    what: `Key permissions in the key vault ${name}: ${permissions}`,
    purpose: `${purpose} (with those that the identity already has: the command replaces them)`,
    grant: (principal) =>
      `az keyvault set-policy --name ${name} --object-id ${objectIdOf(principal)} --key-permissions ${permissions}`,
  };
}
