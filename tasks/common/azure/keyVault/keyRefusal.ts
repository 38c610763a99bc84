import { AzureFailure } from '../http/azureFailure';
import { isPlainName } from '../rights/azCommand';
import { keyIdText, type KeyId } from './keyId';

/** The vault refuses because a role, or a permission of its access policies, is missing. */
export class KeyRoleMissing extends AzureFailure {
  constructor(
    problem: string,
    remedy: string,
    refusal: AzureFailure,
    /** ARM id of the vault; undefined where it does not go by roles. */
    readonly vaultId: string | undefined,
  ) {
    super(problem, remedy, refusal.status, refusal.code, refusal.serviceMessage, refusal, 'roles');
  }
}

/**
 * What to do about a vault's refusal. Source: "Azure Key Vault REST API error codes"; the texts are recorded in
 * Azure/azure-cli and microsoft/AL-Go#1343.
 */
export function keyRefusal(failure: AzureFailure, id: KeyId, connection: string): AzureFailure {
  const { status, serviceMessage: said, code } = failure;
  const key = keyIdText(id);
  const because = (problem: string, remedy: string, help?: 'azure-cannot-be-reached') =>
    new AzureFailure(problem, remedy, status, code, said, failure, help);
  if (status === 404) {
    return because(`There is no key ${key}: ${said || code}.`, 'Check its name and version, and that it was not deleted.'); // prettier-ignore
  }
  if (/ENOTFOUND/.test(code)) {
    return because(`There is no vault at ${id.vault}: its name is not known.`, 'Check the identifier of the key.', 'azure-cannot-be-reached'); // prettier-ignore
  }
  if (status === 429) {
    return because(
      `The vault ${id.vault} is too busy to be asked for the key ${key}: ${said || code}`,
      'Run this step again in a few minutes. A vault takes so many requests in ten seconds, from all who use it together.',
    );
  }
  if (status !== 403) return failure;
  if (/firewall|client address|public network|private link|ForbiddenByConnection/i.test(said)) {
    return because(
      `The vault ${id.vault} does not let the agent in: ${said}`,
      "Let the agent's address, or its virtual network, into the vault's network rules.",
      'azure-cannot-be-reached',
    );
  }
  if (/disabled|expired|not yet valid|not[- ]?before|\bnbf\b/i.test(said)) {
    return because(`The key ${key} cannot be used now: ${said}`, 'Enable it, set its dates, or name another version.');
  }
  if (/not permitted on this key|KeyOperationForbidden/i.test(said)) {
    return because(`The key ${key} may not be used for this: ${said}`, 'Its permitted operations must include sign.');
  }
  const [, named = ''] = /Resource: '([^']+?\/vaults\/[^'/]+)/i.exec(said) ?? [];
  const resource = isPlainName(named) ? named : undefined;
  const name = vaultName(id);
  const remedy = resource
    ? `Give it the role "Key Vault Crypto User" (to sign) or "Key Vault Reader" (only to verify): az role assignment create --assignee-object-id <its object id> --assignee-principal-type ServicePrincipal --role "Key Vault Crypto User" --scope "${resource}". A new role takes a few minutes to come into effect.`
    : `Give it the role "Key Vault Crypto User" (to sign) or "Key Vault Reader" (only to verify) on the vault; one with access policies: az keyvault set-policy --name ${name} --object-id <its object id> --key-permissions get sign, with the key permissions that it already has: the command replaces them.`;
  return new KeyRoleMissing(
    `The identity of the service connection ${connection} may not use the key ${key}: ${said}`,
    remedy,
    failure,
    resource,
  );
}

export const vaultName = ({ vault }: KeyId): string => new URL(vault).hostname.split('.')[0]!;
