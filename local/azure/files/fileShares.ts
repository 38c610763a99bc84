import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';

/** Azure Files: each share of the local cloud's one storage account is a folder. */
export class FileShares {
  private readonly root: string;

  constructor(
    stateDir: string,
    readonly key: string,
  ) {
    this.root = join(stateDir, 'file-shares');
  }

  create(share: string): void {
    mkdirSync(this.folderOf(share), { recursive: true });
  }

  exists(share: string): boolean {
    return existsSync(this.folderOf(share));
  }

  /** The share's folder; undefined for whoever does not name account, key and share rightly. */
  open(account: string, key: string | undefined, share: string): string | undefined {
    const isOurs = account.toLowerCase() === localCloud.storageAccount && key === this.key;
    return isOurs && this.exists(share) ? this.folderOf(share) : undefined;
  }

  private folderOf(share: string): string {
    return join(this.root, encodeURIComponent(share.toLowerCase()));
  }
}

type Params = { group: string; account: string; share: string };

/**
 * Microsoft.Storage (2023-01-01) as far as a container group's volumes need it: an account's keys and its shares.
 * @param isMade whether a client has made an account of that name
 */
export function registerFileShares(
  app: FastifyInstance,
  shares: FileShares,
  isMade: (account: string) => boolean,
): void {
  const account =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Storage/storageAccounts/:account';
  const check = (params: Pick<Params, 'group' | 'account'>): void => {
    if (params.account.toLowerCase() === localCloud.storageAccount) return;
    if (isMade(params.account)) {
      throw new ArmError(501, 'NotImplemented', 'Local Azure keeps nothing in a storage account that was made here.');
    }
    throw resourceNotFound('Microsoft.Storage/storageAccounts', params.account, params.group);
  };
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
    if (shares.exists(params.share)) return answer(params);
    throw new ArmError(404, 'ShareNotFound', 'The specified share does not exist.');
  });
  app.put<{ Params: Params }>(one, async ({ params }, reply) => {
    check(params);
    const isNew = !shares.exists(params.share);
    shares.create(params.share);
    return reply.code(isNew ? 201 : 200).send(answer(params));
  });
}
