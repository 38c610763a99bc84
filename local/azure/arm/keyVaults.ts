import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import { GroupedResources } from './groupedResources';
import type { GenericResource } from './resourceCatalog';

export interface Vault extends GenericResource {
  properties: Record<string, unknown>;
}

interface DeletedVault {
  vault: Vault;
  /** Milliseconds since the epoch. */
  deleted: number;
}

export type VaultRequest =
  { location?: string; tags?: Record<string, string>; properties?: Record<string, unknown> } | undefined;

const usualRetention = 90;

/** https://myvault.vault.localhost:8443 */
export const vaultUrl = (vault: string, port: number): string =>
  `https://${vault.toLowerCase()}.vault.localhost:${port}`;

/** The vault of that name, unless it is deleted. */
export const findVault = (context: Pick<LocalAzureContext, 'collection'>, name: string): Vault | undefined =>
  context.collection<Vault>('keyVaults').get(name);

/**
 * Key vaults as resources (Microsoft.KeyVault 2022-07-01); what they hold is in keyVault/. A deleted one keeps its name until it is purged,
 * as in Azure, where every vault is deleted softly.
 */
export class KeyVaults {
  readonly resources: GroupedResources<Vault>;
  private readonly deleted: Collection<DeletedVault>;
  private readonly port: number;

  constructor(context: LocalAzureContext) {
    this.port = context.port;
    this.deleted = context.collection('deletedKeyVaults');
    this.resources = new GroupedResources<Vault>(
      'Microsoft.KeyVault/vaults',
      context.collection('keyVaults'),
      (vault) => this.deleted.put(vault.name, { vault, deleted: Date.now() }),
    ).joinCatalog(context);
  }

  /** @returns the vault, and whether it is a new one */
  put(group: string, name: string, body: VaultRequest): { vault: Vault; isNew: boolean } {
    const location = checkRequest(name, body);
    const former = this.resources.find(group, name);
    if (this.deleted.get(name) || (!former && this.resources.isTaken(name))) {
      const message = `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`;
      throw new ArmError(409, 'VaultAlreadyExists', message);
    }
    const vault: Vault = {
      id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`,
      name,
      type: 'Microsoft.KeyVault/vaults',
      location,
      tags: body?.tags ?? {},
      properties: {
        enableSoftDelete: true,
        softDeleteRetentionInDays: usualRetention,
        accessPolicies: [],
        ...body?.properties,
        vaultUri: `${vaultUrl(name, this.port)}/`,
        provisioningState: 'Succeeded',
      },
    };
    this.resources.put(vault);
    return { vault, isNew: !former };
  }

  listDeleted(): object[] {
    return this.deleted.list().map(({ value }) => deletedAnswer(value));
  }

  purge(location: string, name: string): void {
    const found = this.deleted.get(name);
    if (found?.vault.location.toLowerCase() !== location.toLowerCase()) {
      throw new ArmError(404, 'DeletedVaultNotFound', `The specified deleted vault '${name}' does not exist.`);
    }
    if (found.vault.properties.enablePurgeProtection === true) {
      throw new ArmError(400, 'DeletedVaultPurge', `The purge operation is not allowed on the vault '${name}' as purge protection is enabled.`); // prettier-ignore
    }
    this.deleted.delete(name);
  }
}

/** @returns where the vault is to be */
function checkRequest(name: string, body: VaultRequest): string {
  if (!/^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/.test(name)) {
    throw new ArmError(400, 'VaultNameNotValid', `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`); // prettier-ignore
  }
  const { sku, tenantId } = (body?.properties ?? {}) as { sku?: { name?: string }; tenantId?: string };
  if (!body?.location || !sku?.name || !tenantId) {
    throw new ArmError(400, 'BadRequest', "The parameters 'location', 'properties.sku' and 'properties.tenantId' are required."); // prettier-ignore
  }
  return body.location;
}

const deletedAnswer = ({ vault, deleted: at }: DeletedVault) => ({
  id: `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`,
  name: vault.name,
  type: 'Microsoft.KeyVault/deletedVaults',
  properties: {
    vaultId: vault.id,
    location: vault.location,
    tags: vault.tags,
    deletionDate: new Date(at).toISOString(),
    scheduledPurgeDate: new Date(at + Number(vault.properties.softDeleteRetentionInDays) * 86_400_000).toISOString(),
  },
});
