import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import type { FileShares } from './fileShares';

type Params = { group: string; account: string; share: string };

/** Microsoft.Storage (2023-01-01) as far as a container group's volumes need it: an account's keys and its shares. */
export function registerFileShares(app: FastifyInstance, shares: FileShares): void {
  const account =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Storage/storageAccounts/:account';
  const check = ({ group, account: name }: Params): void => shares.checkAccount(group, name);
  const answer = ({ group, share }: Params) => ({
    id: `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${localCloud.storageAccount}/fileServices/default/shares/${share}`,
    name: share,
    type: 'Microsoft.Storage/storageAccounts/fileServices/shares',
    properties: { shareQuota: 5120, enabledProtocols: 'SMB', accessTier: 'TransactionOptimized' },
  });

  app.post<{ Params: Params }>(`${account}/listKeys`, async ({ params }) => {
    check(params);
    return { keys: ['key1', 'key2'].map((keyName) => ({ keyName, value: shares.key, permissions: 'FULL' })) };
  });
  const one = `${account}/fileServices/default/shares/:share`;
  app.get<{ Params: Params }>(one, async ({ params }) => {
    check(params);
    shares.check(params.share);
    return answer(params);
  });
  app.put<{ Params: Params }>(one, async ({ params }, reply) => {
    check(params);
    const isNew = shares.create(params.share);
    return reply.code(isNew ? 201 : 200).send(answer(params));
  });
}
