import type { FastifyInstance } from 'fastify';
import { registerGroupedResources } from './groupedResourceRoutes';
import type { AccountRequest, StorageAccounts } from './storageAccounts';

/** Storage accounts in the resource manager. */
export function registerStorageAccounts(app: FastifyInstance, accounts: StorageAccounts): void {
  const one = registerGroupedResources(app, accounts.resources);
  app.put<{ Params: { group: string; name: string }; Body: AccountRequest }>(one, async ({ params, body }) =>
    accounts.put(params.group, params.name, body),
  );
  app.post<{ Body: { name?: string } | undefined }>(
    '/subscriptions/:subscription/providers/Microsoft.Storage/checkNameAvailability',
    async ({ body }) => accounts.checkName(body?.name ?? ''),
  );
}
