import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import { registerGroupedResources } from './groupedResourceRoutes';
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

type Params = { group: string; name: string };
type DeletedParams = { location: string; vault: string };
type Body = { location?: string; tags?: Record<string, string>; properties?: Record<string, unknown> } | undefined;

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
export function registerKeyVaults(app: FastifyInstance, context: LocalAzureContext): void {
  const deleted = context.collection<DeletedVault>('deletedKeyVaults');
  const vaults = new GroupedResources<Vault>('Microsoft.KeyVault/vaults', context.collection('keyVaults'), (vault) =>
    deleted.put(vault.name, { vault, deleted: Date.now() }),
  ).joinCatalog(context);

  const one = registerGroupedResources(app, vaults);
  app.put<{ Params: Params; Body: Body }>(one, async ({ params, body }, reply) => {
    const { group, name: vault } = params;
    if (!/^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/.test(vault)) {
      throw new ArmError(400, 'VaultNameNotValid', `The vault name '${vault}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`); // prettier-ignore
    }
    const { sku, tenantId } = (body?.properties ?? {}) as { sku?: { name?: string }; tenantId?: string };
    if (!body?.location || !sku?.name || !tenantId) {
      throw new ArmError(400, 'BadRequest', "The parameters 'location', 'properties.sku' and 'properties.tenantId' are required."); // prettier-ignore
    }
    const former = vaults.find(group, vault);
    if (deleted.get(vault) || (!former && vaults.isTaken(vault))) {
      const message = `The vault name '${vault}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`;
      throw new ArmError(409, 'VaultAlreadyExists', message);
    }
    const made: Vault = {
      id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${vault}`,
      name: vault,
      type: 'Microsoft.KeyVault/vaults',
      location: body.location,
      tags: body.tags ?? {},
      properties: {
        enableSoftDelete: true,
        softDeleteRetentionInDays: usualRetention,
        accessPolicies: [],
        ...body.properties,
        vaultUri: `${vaultUrl(vault, context.port)}/`,
        provisioningState: 'Succeeded',
      },
    };
    vaults.put(made);
    return reply.code(former ? 200 : 201).send(made);
  });
  registerDeletedVaults(app, deleted);
}

function registerDeletedVaults(app: FastifyInstance, deleted: Collection<DeletedVault>): void {
  app.get('/subscriptions/:subscription/providers/Microsoft.KeyVault/deletedVaults', async () => ({
    value: deleted.list().map(({ value }) => deletedAnswer(value)),
  }));
  app.post<{ Params: DeletedParams }>(
    '/subscriptions/:subscription/providers/Microsoft.KeyVault/locations/:location/deletedVaults/:vault/purge',
    async ({ params }, reply) => {
      const found = deleted.get(params.vault);
      if (found?.vault.location.toLowerCase() !== params.location.toLowerCase()) {
        throw new ArmError(
          404,
          'DeletedVaultNotFound',
          `The specified deleted vault '${params.vault}' does not exist.`,
        );
      }
      if (found.vault.properties.enablePurgeProtection === true) {
        throw new ArmError(400, 'DeletedVaultPurge', `The purge operation is not allowed on the vault '${params.vault}' as purge protection is enabled.`); // prettier-ignore
      }
      deleted.delete(params.vault);
      return reply.code(202).send();
    },
  );
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
