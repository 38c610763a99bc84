import type { FastifyInstance } from 'fastify';
import { registerGroupedResources } from './groupedResourceRoutes';
import type { KeyVaults, VaultRequest } from './keyVaults';

/** Key vaults in the resource manager. */
export function registerKeyVaults(app: FastifyInstance, vaults: KeyVaults): void {
  const one = registerGroupedResources(app, vaults.resources);
  app.put<{ Params: { group: string; name: string }; Body: VaultRequest }>(one, async ({ params, body }, reply) => {
    const { vault, isNew } = vaults.put(params.group, params.name, body);
    return reply.code(isNew ? 201 : 200).send(vault);
  });
  const provider = '/subscriptions/:subscription/providers/Microsoft.KeyVault';
  app.get(`${provider}/deletedVaults`, async () => ({ value: vaults.listDeleted() }));
  app.post<{ Params: { location: string; vault: string } }>(
    `${provider}/locations/:location/deletedVaults/:vault/purge`,
    async ({ params }, reply) => {
      vaults.purge(params.location, params.vault);
      return reply.code(202).send();
    },
  );
}
